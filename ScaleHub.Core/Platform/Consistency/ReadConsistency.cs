using NpgsqlTypes;
using ScaleHub.Core.Platform.Postgres;

namespace ScaleHub.Core.Platform.Consistency;

/// <summary>
/// What this unit of work must see when it reads, and what it has written. Scoped; filled before the first read, read after
/// the last commit.
/// </summary>
public sealed class ReadConsistency
{
    /// <summary>In place of a position that is not known: no standby has it.</summary>
    public static readonly NpgsqlLogSequenceNumber Unknown = new(ulong.MaxValue);

    /// <summary>A standby must have replayed this position to serve the unit of work.</summary>
    public NpgsqlLogSequenceNumber AtLeast { get; private set; }

    /// <summary>There was a write whose position is not known here: only the primary will do.</summary>
    public bool PrimaryOnly { get; private set; }

    /// <summary>The position of the last commit of this unit of work; null when it has not written.</summary>
    public NpgsqlLogSequenceNumber? Written { get; private set; }

    /// <summary>A commit succeeded whose position could not be read afterwards.</summary>
    public bool WrittenUnknown { get; private set; }

    /// <summary>
    /// No client waits to read what this unit of work has written, as with most jobs. The WAL position of its commits is then
    /// read only if an effect that follows the commit needs it.
    /// </summary>
    internal bool HasNoReader { get; set; }

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
