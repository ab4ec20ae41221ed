using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ScaleHub.Core.Platform.Postgres;

namespace ScaleHub.Core.Platform.Jobs;

/// <summary>
/// Claims jobs and runs them: <see cref="JobsOptions.Slots"/> at a time on each worker, any number of workers.
/// <para>Guarantee: a job is run by one worker at a time, and one that dies with its worker is run again when its lease has
/// ended. Companies are served in turn, and none takes the last <see cref="JobsOptions.ReservedSlots"/> slots while it has
/// others. Jobs with one ordering key run one after another.</para>
/// <para>Without the database nothing is claimed; what is running fails at its end and is tried again. A worker that stops
/// finishes what it can in five seconds and gives the rest back.</para>
/// </summary>
internal sealed class JobLoop(
    JobList jobs, JobStore store, JobRunner runner, PostgresNodes nodes, IOptions<JobsOptions> options, TimeProvider time,
    ILogger<JobLoop> logger) : BackgroundService
{
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan DrainStep = TimeSpan.FromMilliseconds(100);

    // At most 40 characters, of which the end may go.
    private readonly string _worker = string.Concat($"{Environment.MachineName}/{Environment.ProcessId}/{Guid.NewGuid():N}".Take(40));
    private readonly string[] _kinds = [.. jobs.Kinds.Keys];

    // By claim: a job whose lease was lost may be claimed again while its first run has not ended yet.
    private readonly ConcurrentDictionary<(Guid Id, long Fence), HeldJob> _held = [];

    // Jobs may have come, or a slot is free.
    private readonly Signal _changed = new();
    private readonly CancellationTokenSource _stopJobs = new(), _stopRenewing = new();
    private Guid _lastCompany;

    // The worker itself needs connections too: for claims, leases, schedules and progress.
    private const int OwnConnections = 4;

    private JobsOptions Options => options.Value;

    /// <summary>As many as the pool has connections for: a job that waits for one would fail.</summary>
    private int Slots => Math.Max(1, Math.Min(Options.Slots, nodes.All[0].PoolSize - OwnConnections));

    private TimeSpan Lease => TimeSpan.FromSeconds(Options.LeaseSeconds);

    // Often, as this is also when a worker learns that a job was cancelled.
    private TimeSpan RenewEvery => TimeSpan.FromSeconds(Math.Min(2, Options.LeaseSeconds / 3.0));

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var listener = new JobNotificationListener(nodes, _changed.Set, logger);
        var renewing = RenewAsync();
        try
        {
            await Task.WhenAll(ClaimAsync(stoppingToken), listener.RunAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host is stopping.
        }
        await DrainAsync();
        await _stopRenewing.CancelAsync();
        await renewing;
    }

    private async Task ClaimAsync(CancellationToken stopping)
    {
        var rounds = new Rounds("Claiming jobs", logger);
        while (true)
        {
            var more = false;
            if (_held.Count < Slots) await rounds.RunAsync(async () => more = await ClaimOnceAsync(stopping), stopping);
            if (!more) await _changed.WaitAsync(TimeSpan.FromMilliseconds(Options.PollMs), stopping);
        }
    }

    /// <summary>Whether there may be more.</summary>
    private async Task<bool> ClaimOnceAsync(CancellationToken stopping)
    {
        var free = Slots - _held.Count;
        var forAnybody = free - Math.Min(Options.ReservedSlots, Slots - 1);
        // The last slots are for companies that have none.
        Guid[] busy = forAnybody > 0 ? [] : [.. _held.Values.Select(h => h.Job.CompanyId).Distinct()];
        var claimed = await store.ClaimAsync(
            _worker, _kinds, _lastCompany, busy, perCompany: Math.Max(forAnybody, 1), most: free, Lease, stopping);
        foreach (var job in claimed)
        {
            var held = new HeldJob(job, time.GetTimestamp(), jobs.Kinds[job.Kind].Policy.Timeout);
            _held[job.Claim] = held;
            _ = Task.Run(() => RunAsync(held), CancellationToken.None);
        }
        if (claimed.Count > 0) _lastCompany = claimed[^1].CompanyId;
        return claimed.Count > 0 && _held.Count < Slots;
    }

    private async Task RunAsync(HeldJob held)
    {
        await runner.RunAsync(held, _stopJobs.Token);
        _held.TryRemove(held.Job.Claim, out _);
        held.Dispose();
        _changed.Set();
    }

    /// <summary>Holds what is running, until all of it has ended.</summary>
    private async Task RenewAsync()
    {
        var rounds = new Rounds("Renewing the leases of jobs", logger);
        var renewedAt = time.GetTimestamp();
        using var timer = new PeriodicTimer(RenewEvery, time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stopRenewing.Token))
            {
                var mine = _held.Values.Where(h => !h.IsOverdue(time)).ToList();
                if (await rounds.RunAsync(() => RenewAsync(mine), CancellationToken.None)) renewedAt = time.GetTimestamp();
                // Others may have the jobs by now.
                else if (time.GetElapsedTime(renewedAt) > Lease) mine.ForEach(h => EndIfHeld(h, HeldJobEnd.Lost));
            }
        }
        catch (OperationCanceledException) when (_stopRenewing.IsCancellationRequested)
        {
            // Nothing is held any more.
        }
    }

    private async Task RenewAsync(List<HeldJob> mine)
    {
        if (mine.Count == 0) return;
        var held = await store.RenewAsync([.. mine.Select(h => h.Job)], Lease, CancellationToken.None);
        foreach (var job in mine)
        {
            // One that has ended meanwhile is not there either: it no longer listens.
            if (!held.TryGetValue(job.Job.Claim, out var cancelled)) EndIfHeld(job, HeldJobEnd.Lost);
            else if (cancelled) EndIfHeld(job, HeldJobEnd.Cancelled);
        }
    }

    private void EndIfHeld(HeldJob job, HeldJobEnd why)
    {
        try
        {
            if (_held.ContainsKey(job.Job.Claim)) job.End(why);
        }
        catch (ObjectDisposedException)
        {
            // It ended just now.
        }
    }

    private async Task DrainAsync()
    {
        var deadline = time.GetTimestamp();
        while (!_held.IsEmpty && time.GetElapsedTime(deadline) < StopPatience) await _changed.WaitAsync(DrainStep, CancellationToken.None);
        await _stopJobs.CancelAsync();
        while (!_held.IsEmpty) await _changed.WaitAsync(DrainStep, CancellationToken.None);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _changed.Dispose();
        _stopJobs.Dispose();
        _stopRenewing.Dispose();
        base.Dispose();
    }
}
