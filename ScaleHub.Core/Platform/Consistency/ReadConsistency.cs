using NpgsqlTypes;
using ScaleHub.Core.Platform.Postgres;

namespace ScaleHub.Core.Platform.Consistency;

/// <summary>
/// What this unit of work must see when it reads, and what it has written. Scoped; filled before the first read, read after
/// the last commit.
/// </summary>
public sealed class ReadConsistency
{
    private readonly List<Func<ValueTask>> _afterCommit = [];
    private bool _inTransaction;

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
        if (lsn > AtLeast) AtLeast = lsn;
    }

    /// <summary>Reads from now on go to the primary.</summary>
    public void RequirePrimary() => PrimaryOnly = true;

    /// <summary>
    /// Does something when the open transaction has been committed, or when its outcome is not known; never if it is rolled back. At
    /// once when there is no transaction: then after the write.
    /// </summary>
    public ValueTask AfterCommitAsync(Func<ValueTask> effect)
    {
        if (!_inTransaction) return effect();
        _afterCommit.Add(effect);
        return ValueTask.CompletedTask;
    }

    internal void TransactionBegan() => _inTransaction = true;

    internal void TransactionWasRolledBack()
    {
        _inTransaction = false;
        _afterCommit.Clear();
    }

    /// <summary>The transaction is over, and may have been committed.</summary>
    internal async Task TransactionEndedAsync()
    {
        _inTransaction = false;
        var effects = _afterCommit.ToArray();
        _afterCommit.Clear();
        foreach (var effect in effects) await effect();
    }

    /// <summary>Notes a commit; null when its position could not be read.</summary>
    internal void Wrote(NpgsqlLogSequenceNumber? lsn)
    {
        if (lsn is not { } position)
        {
            (WrittenUnknown, PrimaryOnly) = (true, true);
            return;
        }
        Written = position;
        Require(position);
    }
}
