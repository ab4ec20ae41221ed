using System.Collections.Concurrent;
using ScaleHub.Core.Platform.Idempotency;

namespace ScaleHub.Http.Idempotency;

/// <summary>
/// The claims of this instance that are at work or wait for the database's answer.
/// <para>Guarantee: a storm of repeated requests with one key holds one connection, not the whole pool: the first asks the
/// database, the others wait for what it learns and hold nothing. Without this they would wait for connections that the one
/// at work and each other hold, and those who wait beyond the pool's time-out would get 503 where 409 is the answer.</para>
/// <para>It decides nothing: whether a key is free, only the database says. When the first one fails before it knows, the others
/// ask for themselves.</para>
/// </summary>
internal sealed class ClaimsUnderWay
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource<ClaimOutcome?>> _first = new();

    /// <summary>Joins the requests of that identity; dispose it when the transaction has ended.</summary>
    public Claim Begin(RequestIdentity request)
    {
        var key = Convert.ToHexString(request.RequestKey);
        var mine = new TaskCompletionSource<ClaimOutcome?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var first = _first.GetOrAdd(key, mine);
        return new(this, key, first, IsFirst: ReferenceEquals(first, mine));
    }

    /// <summary>One request's part.</summary>
    /// <param name="Claims">All of them.</param>
    /// <param name="Key">Of the request.</param>
    /// <param name="Known">What the first one learns.</param>
    /// <param name="IsFirst">Whether this one asks the database for the others, too.</param>
    public sealed record Claim(ClaimsUnderWay Claims, string Key, TaskCompletionSource<ClaimOutcome?> Known, bool IsFirst)
        : IDisposable
    {
        /// <summary>What the first one learned; null when it failed.</summary>
        public Task<ClaimOutcome?> OutcomeAsync(CancellationToken cancellationToken) => Known.Task.WaitAsync(cancellationToken);

        /// <summary>Tells the others, if this is the first.</summary>
        public void Complete(ClaimOutcome outcome)
        {
            if (IsFirst) Known.TrySetResult(outcome);
        }

        /// <summary>Before the answer leaves, so that who repeats the request after it is not told that it is at work.</summary>
        public void Dispose()
        {
            if (!IsFirst) return;
            Claims._first.TryRemove(Key, out _);
            Known.TrySetResult(null);
        }
    }
}
