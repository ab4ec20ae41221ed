using System.Collections.Concurrent;

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
/// <para>A caller that comes often does not cost a round trip for each request: <see cref="Reservation"/>.</para>
/// <para>Redis gone (its connection lost, or silent for <see cref="Core.Platform.Redis.RedisOptions.SilenceMs"/>): from the
/// first request that finds it so, each instance admits its share, the limit by the number of instances, of which what it
/// admitted through Redis in the same window is a part. When Redis answers, its windows hold at once, and each instance has what
/// it admitted meanwhile counted there with its next request. What the sum can be around both changes:
/// docs/rate-limits.md.</para>
/// </summary>
public sealed class RateLimiter(RedisWindows redis, LocalWindows local, RateLimitMetrics metrics, TimeProvider time)
{
    // One after the other would take longer than a second for the callers of a busy instance.
    private const int GivingBackAtOnce = 64;
    private readonly ConcurrentDictionary<LimitSet, bool> _reserving = [];

    /// <summary>Admits or refuses one request. The limits share one hash tag.</summary>
    public ValueTask<RateLimitDecision> DecideAsync(ApplyingLimit[] limits, CancellationToken cancellationToken)
        => AskAsync(limits, null, cancellationToken);

    /// <summary>Admits or refuses one request, if possible from what is reserved for its caller.</summary>
    public ValueTask<RateLimitDecision> DecideAsync(LimitSet set, CancellationToken cancellationToken)
    {
        if (set.Reservation?.TryTake() is not { } states) return AskAsync(set.Limits, set, cancellationToken);
        local.Note(set.Limits);
        metrics.Decided(RateLimitMetrics.Reservation);
        return new(new RateLimitDecision(true, states));
    }

    /// <summary>Gives back what was reserved and can be used no more.</summary>
    /// <param name="all">What could still be used as well: the instance stops.</param>
    internal async Task GiveBackReservationsAsync(bool all)
    {
        await Parallel.ForEachAsync(_reserving.Keys, new ParallelOptions { MaxDegreeOfParallelism = GivingBackAtOnce }, async (set, _) =>
        {
            // Before it is looked at: whoever fills it meanwhile adds it again.
            _reserving.TryRemove(set, out bool _);
            foreach (var unused in set.Reservation!.TakeUnused(all))
                await redis.GiveBackAsync(set.Limits, unused.Count, unused.Parts, time.GetElapsedTime(unused.Since));
            if (!set.Reservation.IsEmpty) _reserving[set] = true;
        });
    }

    private async ValueTask<RateLimitDecision> AskAsync(ApplyingLimit[] limits, LimitSet? set, CancellationToken cancellationToken)
    {
        var unreported = local.TakeUntold(limits);
        var more = unreported is null ? set?.Reservation?.Begin() ?? 0 : 0;
        var told = false;
        try
        {
            var sent = time.GetTimestamp();
            // A client that leaves does not take what is reserved for its company along.
            var cancellation = more > 0 ? CancellationToken.None : cancellationToken;
            if (await redis.DecideAsync(limits, unreported, more, cancellation) is { } answer)
            {
                told = true;
                if (answer.Admitted > 0) local.Note(limits);
                if (answer.Admitted > 1)
                {
                    set!.Reservation!.Fill(answer, sent);
                    _reserving[set] = true;
                }
                metrics.Decided(RateLimitMetrics.Redis);
                return answer.Decision;
            }
        }
        finally
        {
            if (more > 0) set!.Reservation!.Ended();
            // Redis may have counted them although it did not say so: rather twice than never.
            if (unreported is not null && !told) local.ReturnUnreported(limits, unreported);
        }
        metrics.Decided(RateLimitMetrics.Process);
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
