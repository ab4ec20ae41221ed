using NpgsqlTypes;
using ScaleHub.Core.Platform.Postgres;

namespace ScaleHub.Core.Platform.Consistency;

/// <summary>
/// What this unit of work must see when it reads, and what it has written. Scoped; filled before the first read, read after
/// the last commit.
/// </summary>
public sealed class ReadConsistency : IAsyncDisposable
{
    /// <summary>In place of a position that is not known: no standby has it.</summary>
    public static readonly NpgsqlLogSequenceNumber Unknown = new(ulong.MaxValue);

    private readonly Dictionary<object, Func<ValueTask>> _afterWrite = [];

    /// <summary>A standby must have replayed this position to serve the unit of work.</summary>
    public NpgsqlLogSequenceNumber AtLeast { get; private set; }

    /// <summary>There was a write whose position is not known here: only the primary will do.</summary>
    public bool PrimaryOnly { get; private set; }

    /// <summary>The position of the last commit of this unit of work; null when it has not written.</summary>
    public NpgsqlLogSequenceNumber? Written { get; private set; }

    /// <summary>A commit succeeded whose position could not be read afterwards.</summary>
    public bool WrittenUnknown { get; private set; }

    /// <summary>A commit succeeded that no standby has confirmed.</summary>
    internal bool Unconfirmed { get; set; }

    /// <summary>The node that answered the last read, for <c>ScaleHub-Read-From</c>.</summary>
    public PostgresNode? ReadFrom { get; internal set; }

    /// <summary>A node that failed this unit of work already; another is taken.</summary>
    public PostgresNode? Failed { get; set; }

    /// <summary>Reads from now on must see <paramref name="lsn"/>.</summary>
    public void Require(NpgsqlLogSequenceNumber lsn)
    {
        if (lsn == Unknown) RequireFresh();
        else if (lsn > AtLeast) AtLeast = lsn;
    }

    /// <summary>
    /// What a cache has will not do, whatever it knows: there was a write of which it may not have been told.
    /// </summary>
    public bool NothingCached { get; private set; }

    /// <summary>Reads from now on go to the primary.</summary>
    public void RequirePrimary() => PrimaryOnly = true;

    /// <summary>Reads from now on go to the primary, and to no cache.</summary>
    public void RequireFresh() => (PrimaryOnly, NothingCached) = (true, true);

    /// <summary>Whether a transaction is open.</summary>
    internal bool InTransaction { get; private set; }

    /// <summary>
    /// Does something once, when the next write has been committed or may have been; at the end of the unit of work if none is.
    /// </summary>
    /// <param name="what">Of effects of the same, the first stays.</param>
    /// <param name="effect">Must not throw.</param>
    internal void AfterWrite(object what, Func<ValueTask> effect) => _afterWrite.TryAdd(what, effect);

    /// <summary>Whether that effect is still to come.</summary>
    internal bool Awaits(object what) => _afterWrite.ContainsKey(what);

    internal void TransactionBegan() => InTransaction = true;

    /// <summary>A transaction or a statement is over, and may have been committed.</summary>
    internal async Task WriteEndedAsync()
    {
        InTransaction = false;
        var effects = _afterWrite.Values.ToArray();
        _afterWrite.Clear();
        foreach (var effect in effects) await effect();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await WriteEndedAsync();

    /// <summary>What another unit of work wrote for this one counts as its own.</summary>
    public void WroteAs(ReadConsistency other)
    {
        if (other.WrittenUnknown) Wrote(null);
        else if (other.Written is { } position) Wrote(position);
    }

    /// <summary>Caches may not know of the last commit: whoever must see it may not be served by them.</summary>
    internal void CachesWereNotTold() => Wrote(null);

    /// <summary>Notes a commit; null when its position could not be read.</summary>
    internal void Wrote(NpgsqlLogSequenceNumber? lsn)
    {
        if (lsn is not { } position)
        {
            WrittenUnknown = true;
            RequireFresh();
            return;
        }
        Written = position;
        Require(position);
    }
}
