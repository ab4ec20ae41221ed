using System.Text.Json;

namespace ScaleHub.Core.Platform.Jobs;

/// <summary>One run of a job, for its handler.</summary>
public sealed class JobRun
{
    private static readonly TimeSpan ReportEvery = TimeSpan.FromSeconds(0.5);

    private readonly JobStore _store;
    private readonly TimeProvider _time;
    private long? _reportedAt;

    internal JobRun(JobStore store, TimeProvider time, ClaimedJob job) => (_store, _time, Claimed) = (store, time, job);

    /// <summary>The job's identifier: the same in every run of it, so a key for effects elsewhere that must happen
    /// once.</summary>
    public Guid Id => Claimed.Id;

    /// <summary>1 in the first run.</summary>
    public int Attempt => Claimed.Attempt;

    /// <summary>Who caused the job; null for the platform.</summary>
    public Guid? CreatedBy => Claimed.CreatedBy;

    /// <summary>What the job brought, for whoever asks for it; written as JSON when it succeeds. No secrets.</summary>
    public object? Result { get; set; }

    internal ClaimedJob Claimed { get; }

    internal string? ResultJson => Result is null ? null : JsonSerializer.Serialize(Result, JobQueue.Json);

    /// <summary>
    /// Says how far the job is. Written at most twice a second, on a connection of its own, so that it is seen before the
    /// handler's transaction ends. A failure to write it is no failure of the job.
    /// </summary>
    /// <param name="percent">0 to 100.</param>
    /// <param name="text">What it does now, at most 200 characters.</param>
    /// <param name="cancellationToken">The handler's.</param>
    public async Task ReportAsync(int percent, string? text = null, CancellationToken cancellationToken = default)
    {
        if (_reportedAt is { } at && _time.GetElapsedTime(at) < ReportEvery) return;
        _reportedAt = _time.GetTimestamp();
        await _store.ReportAsync(Claimed, Math.Clamp(percent, 0, 100), text is { Length: > 200 } ? text[..200] : text, cancellationToken);
    }
}

/// <summary>A job that this worker holds.</summary>
internal sealed record ClaimedJob(
    Guid CompanyId, Guid Id, string Kind, string Payload, int Attempt, long Fence, string? TraceParent, Guid? CreatedBy,
    DateTimeOffset CreatedAt, TimeSpan Waited, bool CancelRequested)
{
    /// <summary>Which claim of the job it is.</summary>
    public (Guid Id, long Fence) Claim => (Id, Fence);
}
