namespace ScaleHub.Http.RateLimiting;

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
/// <param name="Admitted">True: the request may go on, and every limit has counted it. False: it is refused, and none has.</param>
/// <param name="States">One for each limit.</param>
public readonly record struct RateLimitDecision(bool Admitted, LimitState[] States)
{
    /// <summary>Whether that limit is why the request was refused.</summary>
    public bool Violates(int limit) => !Admitted && States[limit].Remaining == 0;
}

/// <summary>
/// Sliding windows over all instances.
/// <para>Guarantee: a limit of N admits at most N requests in any window of its length, exactly, counted by one Redis script with
/// Redis's clock, however late Redis answers; of a steady stream at the limit it admits the share 1 / (1 + 1/100 + 1/N) at least.
/// A request that one limit refuses is not counted by the others.</para>
/// <para>Redis gone (its connection lost, or silent for <see cref="Core.Platform.Redis.RedisOptions.SilenceMs"/>): from the
/// first request that finds it so, each instance admits its share, the limit by the number of instances, of which what it
/// admitted through Redis in the same window is a part. When Redis answers, its windows hold at once, and each instance has what
/// it admitted meanwhile counted there with its next request. What the sum can be around both changes:
/// docs/rate-limits.md.</para>
/// </summary>
public sealed class RateLimiter(RedisWindows redis, LocalWindows local, RateLimitMetrics metrics)
{
    /// <summary>Admits or refuses one request. The limits share one hash tag.</summary>
    public async ValueTask<RateLimitDecision> DecideAsync(ApplyingLimit[] limits, CancellationToken cancellationToken)
    {
        var unreported = local.TakeUntold(limits);
        var told = false;
        try
        {
            if (await redis.DecideAsync(limits, unreported, cancellationToken) is { } decision)
            {
                told = true;
                if (decision.Admitted) local.Note(limits);
                metrics.Decided(inProcess: false);
                return decision;
            }
        }
        finally
        {
            // Redis may have counted them although it did not say so: rather twice than never.
            if (unreported is not null && !told) local.ReturnUnreported(limits, unreported);
        }
        metrics.Decided(inProcess: true);
        return local.Decide(limits);
    }

    /// <summary>
    /// Takes back what was admitted and turned out not to count, as a right password where wrong ones are counted. The oldest
    /// that is counted goes, so the others are counted for as long as they would be, or longer. If Redis does not take it, it
    /// stays counted.
    /// </summary>
    public async ValueTask GiveBackAsync(ApplyingLimit limit)
    {
        if (!local.GiveBack(limit)) await redis.GiveBackAsync(limit);
    }
}
