namespace ScaleHub.Api.Http.RateLimiting;

/// <summary>A limit that one request must keep.</summary>
/// <param name="Policy">Its name.</param>
/// <param name="Key">Whom it counts; the window's length is part of it, so that another length begins anew.</param>
/// <param name="Limit">Requests in a window.</param>
/// <param name="Window">Length of the window.</param>
public readonly record struct ApplyingLimit(string Policy, string Key, int Limit, TimeSpan Window);

/// <summary>A limit after the decision.</summary>
/// <param name="Remaining">Requests that it would admit now.</param>
/// <param name="ResetMs">Milliseconds until it admits more than that, were nothing else to come.</param>
public readonly record struct LimitState(long Remaining, long ResetMs);

/// <summary>Whether a request may go on, and how each of its limits stands, in their order.</summary>
/// <param name="Admitted">Counted by all its limits; when false, by none.</param>
/// <param name="States">One for each limit.</param>
public readonly record struct RateLimitDecision(bool Admitted, LimitState[] States)
{
    /// <summary>Whether that limit is why the request was refused.</summary>
    public bool Violates(int limit) => !Admitted && States[limit].Remaining == 0;
}

/// <summary>
/// Sliding windows over all instances.
/// <para>Guarantee: a limit of N admits at most N requests in any window of its length, exactly, counted by one Redis script with
/// Redis's clock; of a steady stream at the limit it admits the share 1 / (1 + 1/100 + 1/N) at least. A request that one limit
/// refuses is not counted by the others.</para>
/// <para>Without Redis: from the first request that gets no answer (<see cref="Core.Platform.Redis.RedisOptions.TimeoutMs"/>)
/// each instance admits its share, the limit by the number of instances, in windows of its own that begin empty; when Redis
/// answers, its windows hold again at once.</para>
/// </summary>
public sealed class RateLimiter(RedisWindows redis, LocalWindows local, RateLimitMetrics metrics)
{
    /// <summary>Admits or refuses one request. The limits share one hash tag.</summary>
    public async ValueTask<RateLimitDecision> DecideAsync(ApplyingLimit[] limits, CancellationToken cancellationToken)
    {
        if (await redis.DecideAsync(limits, cancellationToken) is { } decision)
        {
            metrics.Decided(inProcess: false);
            return decision;
        }
        metrics.Decided(inProcess: true);
        return local.Decide(limits);
    }
}
