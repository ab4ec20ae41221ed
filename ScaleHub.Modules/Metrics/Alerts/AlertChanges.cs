using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Core.Platform.Mail;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;

namespace ScaleHub.Modules.Metrics.Alerts;

/// <summary>A change of an alert, as it is told of.</summary>
/// <param name="Id">The alert's.</param>
/// <param name="Rule">What is or was wrong.</param>
/// <param name="State"><c>open</c> or <c>cleared</c>.</param>
/// <param name="CompanyId">Whose requests; null: it is about the whole.</param>
/// <param name="Subject">An instance or a database node.</param>
/// <param name="Value">What was measured, in <paramref name="Unit"/>.</param>
/// <param name="Threshold">From where on it is wrong.</param>
/// <param name="Unit"><c>%</c>, <c>ms</c>, <c>s</c> or <c>per minute</c>.</param>
/// <param name="Text">All of it in a sentence.</param>
/// <param name="At">When it changed.</param>
public sealed record AlertChange(
    Guid Id, AlertRule Rule, AlertState State, Guid? CompanyId, string Subject, double Value, double Threshold, string Unit, string Text,
    DateTimeOffset At);

/// <summary>
/// Mails what began and ended to be wrong with companies in a quarter of an hour: one mail for each address, however much changes, so
/// that no company fills anybody's mailbox.
/// </summary>
/// <param name="Until">The end of the quarter.</param>
public sealed record MailCompanyAlerts(DateTimeOffset Until) : IJob
{
    internal static readonly TimeSpan Span = TimeSpan.FromMinutes(15);

    /// <inheritdoc/>
    public static string Kind => "alerts.mail";
}

internal sealed class MailCompanyAlertsHandler(ScaleHubDb db, JobQueue queue, IOptions<AlertOptions> options) : IJobHandler<MailCompanyAlerts>
{
    public async Task HandleAsync(MailCompanyAlerts job, JobRun run, CancellationToken cancellationToken)
    {
        var (from, until) = (job.Until - MailCompanyAlerts.Span, job.Until);
        var changed = db.Set<Alert>().AsNoTracking().Where(a => a.CompanyId != Tenant.Platform
            && ((a.OpenedAt >= from && a.OpenedAt < until) || (a.ClearedAt >= from && a.ClearedAt < until)));
        var count = await changed.CountAsync(cancellationToken);
        // Those that are still open first.
        var told = await changed.OrderBy(a => a.ClearedAt != null).ThenByDescending(a => a.Id).Take(AlertChanges.MostTold)
            .ToListAsync(cancellationToken);
        await AlertChanges.AddMailsAsync(db, queue, [.. told.Select(a => AlertChanges.ChangeOf(a, until))], count, options.Value, cancellationToken);
        await db.SaveChangesAsync(cancellationToken);
    }
}

internal static class AlertChanges
{
    /// <summary>When everything is slow, thousands of companies are: a mail or a call says how many, and names the first.</summary>
    public const int MostTold = 50;

    /// <summary>
    /// Adds the jobs that tell of changes: one call of the webhook with all of them; a mail at once for each address about the whole, and
    /// one at the end of the quarter of an hour about companies.
    /// </summary>
    public static async Task AddJobsAsync(
        ScaleHubDb db, JobQueue queue, IReadOnlyList<Alert> changed, AlertOptions options, DateTimeOffset now, CancellationToken cancellationToken)
    {
        // What is about the whole comes first.
        List<AlertChange> all = [.. changed.Select(a => ChangeOf(a, now)).OrderBy(c => c.CompanyId is not null).ThenBy(c => c.State)];
        if (options.WebhookUrl is { Length: > 0 }) queue.Add(new PostAlerts([.. all.Take(MostTold)], all.Count));
        var whole = all.TakeWhile(c => c.CompanyId is null).ToList();
        if (whole.Count > 0) await AddMailsAsync(db, queue, [.. whole.Take(MostTold)], whole.Count, options, cancellationToken);
        if (whole.Count == all.Count) return;
        var until = new DateTimeOffset(((now.UtcTicks / MailCompanyAlerts.Span.Ticks) + 1) * MailCompanyAlerts.Span.Ticks, TimeSpan.Zero);
        await queue.AddOnceAsync(new MailCompanyAlerts(until), $"{MailCompanyAlerts.Kind} {until:u}", new() { DueAt = until }, cancellationToken);
    }

    /// <summary>Adds a mail for each address.</summary>
    public static async Task AddMailsAsync(
        ScaleHubDb db, JobQueue queue, IReadOnlyList<AlertChange> told, int count, AlertOptions options, CancellationToken cancellationToken)
    {
        foreach (var address in await AddressesAsync(db, options, cancellationToken))
            queue.Add(new SendMail(address, SubjectOf(told, count), [.. told.Select(Line), .. More(count - told.Count)]));
    }

    /// <summary>The change as it is told of.</summary>
    public static AlertChange ChangeOf(Alert alert, DateTimeOffset now) => new(
        alert.Id, alert.Rule, alert.State, alert.CompanyId == Tenant.Platform ? null : alert.CompanyId, alert.Subject,
        Math.Round(alert.Value, 2), Math.Round(alert.Threshold, 2), alert.Rule.Unit(), alert.Text, now);

    private static async Task<IReadOnlyList<string>> AddressesAsync(ScaleHubDb db, AlertOptions options, CancellationToken cancellationToken)
        => options.MailTo is { Length: > 0 } set
            ? set.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            // Operators are the platform's users.
            : await db.Database.SqlQuery<string>($"""
                select email as "Value" from users
                where company_id = {db.Tenant.RequiredCompanyId} and role = 'operator' and deleted_at is null order by email limit 20
                """).ToListAsync(cancellationToken);

    private static string SubjectOf(IReadOnlyList<AlertChange> told, int count)
    {
        var raised = told.Count(c => c.State == AlertState.Open);
        return count > told.Count ? $"ScaleHub: {count} changes of problems"
            : raised == 0 ? $"ScaleHub: {Problems(count)} cleared"
            : raised == count ? $"ScaleHub: {Problems(raised)}"
            : $"ScaleHub: {Problems(raised)}, {count - raised} cleared";
    }

    private static string Problems(int count) => count == 1 ? "1 problem" : $"{count} problems";

    private static string Line(AlertChange change)
        => (change.State == AlertState.Open ? "" : "Over, and good again: ") + (change.CompanyId is { } id ? $"Company {id}: " : "") + change.Text;

    private static IEnumerable<string> More(int count) => count > 0 ? [$"And {count} more; the operations page has all of them."] : [];
}
