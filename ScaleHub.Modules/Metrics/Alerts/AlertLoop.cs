using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Core.Platform.Metrics;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;

namespace ScaleHub.Modules.Metrics.Alerts;

/// <summary>
/// Looks every ten seconds whether something is wrong, and tells of it once when it begins and once when it ends.
/// <para>Guarantee: when the figures of the last two to three minutes have crossed a threshold, that is told of 20 to 30 seconds later: in
/// the log, in the table <c>alerts</c>, by mail and by webhook; mails and calls are jobs of the same transaction, so each change is told
/// of, and by one worker. A value that swings around its threshold neither raises nor clears an alert again and again
/// (<see cref="AlertOptions.ClearAfterSeconds"/>).</para>
/// <para>Any number of workers may run: whoever gets the lock looks, the others pass. Without a worker or a primary nobody looks, and
/// what stood in the table goes on from there afterwards.</para>
/// </summary>
public sealed class AlertLoop(IServiceScopeFactory scopes, TimeProvider time, ILogger<AlertLoop> logger) : BackgroundService
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(10);

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken)
        => new Rounds("Looking for problems", logger).EveryAsync(LookEvery, time, () => LookAsync(stoppingToken), stoppingToken);

    /// <summary>One look.</summary>
    internal async Task LookAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateScopeOf(Tenant.Platform);
        var look = ActivatorUtilities.CreateInstance<AlertLook>(scope.ServiceProvider);
        foreach (var change in await look.RunAsync(cancellationToken))
        {
            if (change.State == AlertState.Open)
                logger.LogWarning("Alert {Rule} is raised for company {CompanyId}: {Text}", EnumNames.Write(change.Rule), change.CompanyId, change.Text);
            else
                logger.LogInformation("Alert {Rule} is cleared for company {CompanyId}: {Text}", EnumNames.Write(change.Rule), change.CompanyId, change.Text);
        }
    }
}

/// <summary>One look: measures, compares with what stands in the table, and tells of what has changed.</summary>
internal sealed class AlertLook(ScaleHubDb db, JobQueue queue, Observations observations, IOptions<AlertOptions> options, TimeProvider time)
{
    // Any number that no other lock has (pg_advisory_lock).
    private const long Lock = 0x5CA1EB0D;

    private readonly List<Alert> _changed = [];

    public async Task<IReadOnlyList<Alert>> RunAsync(CancellationToken cancellationToken)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var mine = await db.Database.SqlQuery<bool>($"select pg_try_advisory_xact_lock({Lock}) as \"Value\"").SingleAsync(cancellationToken);
        if (!mine) return [];
        var now = time.GetDatabaseNow();
        var from = MetricStep.Minute.StartOf(now - Observations.Window);
        var companies = await db.AddUpAsync(MetricStep.Minute, only: null, from, now, cancellationToken);
        await CompanyLoad.WriteAsync(db, companies, now, cancellationToken);
        List<Observation> seen =
        [
            .. observations.OfRequests(companies, (now - from).TotalMinutes,
                await Observations.ThrottledBeforeAsync(db, from, cancellationToken)),
            .. await observations.OfInstancesAsync(db, now, cancellationToken),
        ];
        // No instance has told of any request: nothing is known of them, least of all that they are well again.
        await CompareAsync(seen, blind: !companies.ContainsKey(RequestMetrics.Everybody), now, cancellationToken);
        if (_changed.Count > 0) await AlertChanges.AddJobsAsync(db, queue, _changed, options.Value, now, cancellationToken);
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(CancellationToken.None);
        return _changed;
    }

    private async Task CompareAsync(List<Observation> seen, bool blind, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var live = await db.Set<Alert>().Where(a => a.State != AlertState.Cleared).ToDictionaryAsync(
            a => (a.CompanyId, a.Rule, a.Subject), cancellationToken);
        // The same subject may be seen twice, as a process that was started again within a minute: the worse counts.
        foreach (var values in seen.GroupBy(o => (o.CompanyId, o.Rule, o.Subject)))
        {
            var worst = values.MaxBy(o => o.Ratio);
            live.Remove(values.Key, out var alert);
            if (worst.IsWrong) Raise(alert, worst, now);
            else if (alert is not null) Calm(alert, worst.IsGood, now);
        }
        // Too few requests to say, or an instance that is gone.
        foreach (var alert in live.Values.Where(a => !blind || a.Subject.Length > 0)) Calm(alert, isGood: true, now);
    }

    private void Raise(Alert? alert, Observation wrong, DateTimeOffset now)
    {
        if (alert is null)
        {
            alert = new()
            {
                CompanyId = wrong.CompanyId,
                Id = OrderedIds.Next(now),
                Rule = wrong.Rule,
                Subject = wrong.Subject,
                StartedAt = now,
            };
            db.Add(alert);
        }
        (alert.Value, alert.Threshold, alert.CalmSince) = (wrong.Value, wrong.Threshold, null);
        if (alert.State != AlertState.Pending || now - alert.StartedAt < TimeSpan.FromSeconds(options.Value.RaiseAfterSeconds)) return;
        (alert.State, alert.OpenedAt) = (AlertState.Open, now);
        _changed.Add(alert);
    }

    private void Calm(Alert alert, bool isGood, DateTimeOffset now)
    {
        if (alert.State == AlertState.Pending)
        {
            db.Remove(alert);
            return;
        }
        alert.CalmSince = isGood ? alert.CalmSince ?? now : null;
        if (alert.CalmSince is not { } since || now - since < TimeSpan.FromSeconds(options.Value.ClearAfterSeconds)) return;
        (alert.State, alert.ClearedAt) = (AlertState.Cleared, now);
        _changed.Add(alert);
    }
}
