using Microsoft.Extensions.Logging;

namespace ScaleHub.Core.Platform.Consistency;

/// <summary>
/// What must follow the writes of one scope: caches, sessions and plans are told here what has changed.
/// <para>Guarantee: each effect that was registered before a write runs once the write has been committed or may have been: also
/// when the commit's outcome is unknown, when no standby confirmed it, when the client is gone, and when another effect fails. An
/// effect must therefore be one that does no harm when the write did not happen. If no write ends, the effect runs at the end of
/// the scope.</para>
/// <para>A process that is killed between the commit and the effect never runs it. Whoever needs more announces the change before
/// the write as well, as the caches do.</para>
/// </summary>
public sealed class UnitOfWork(ILogger<UnitOfWork> logger) : IAsyncDisposable
{
    private readonly Dictionary<object, Func<ValueTask>> _effects = [];

    /// <summary>Whether a transaction is open.</summary>
    internal bool InTransaction { get; private set; }

    /// <summary>
    /// Runs <paramref name="effect"/> once, when the next write of this scope has been committed or may have been. Register it
    /// before the write.
    /// </summary>
    /// <param name="effect">Gets no cancellation: the client that asked may be gone.</param>
    /// <param name="name">Of effects with the same name the first stays; none: the effect has a name of its own.</param>
    public void AfterCommit(Func<ValueTask> effect, object? name = null) => _effects.TryAdd(name ?? effect, effect);

    /// <summary>Whether any effect is still to come.</summary>
    internal bool HasEffects => _effects.Count > 0;

    /// <summary>Whether an effect of that name is still to come.</summary>
    internal bool Awaits(object name) => _effects.ContainsKey(name);

    internal void TransactionBegan() => InTransaction = true;

    /// <summary>A transaction or a statement is over, and may have been committed.</summary>
    internal async Task WriteEndedAsync()
    {
        InTransaction = false;
        var effects = _effects.Values.ToArray();
        _effects.Clear();
        foreach (var effect in effects)
        {
            try
            {
                await effect();
            }
            catch (Exception e)
            {
                // The others must run all the same, and the write stands.
                logger.LogError(e, "An effect of a write, such as an invalidation, failed");
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await WriteEndedAsync();
}
