using NpgsqlTypes;

namespace ScaleHub.Core.Platform.Postgres;

/// <summary>
/// Where the primary was at each of the last 120 looks (a minute of them). Turns a standby's position into an age.
/// Used by the monitor's thread of work alone.
/// </summary>
internal sealed class PrimaryHistory
{
    private const int Capacity = 120;
    private DateTimeOffset _last;
    private readonly Queue<(DateTimeOffset At, NpgsqlLogSequenceNumber Lsn)> _looks = new(Capacity);

    /// <summary>The last position that was seen.</summary>
    public NpgsqlLogSequenceNumber Newest { get; private set; }

    public void Add(DateTimeOffset at, NpgsqlLogSequenceNumber lsn)
    {
        // After a failover the new primary may be behind what the old one had written: its history starts afresh.
        if (lsn < Newest) _looks.Clear();
        if (_looks.Count == Capacity) _looks.Dequeue();
        _looks.Enqueue((at, lsn));
        (Newest, _last) = (lsn, at);
    }

    /// <summary>
    /// How long before the last look the primary moved past <paramref name="lsn"/>: zero when it has not. A position older than
    /// the history is as old as the history, or older. Measured to the last look and not to now: when the primary is gone, its
    /// standbys grow no older, and go on serving reads.
    /// </summary>
    public TimeSpan AgeOf(NpgsqlLogSequenceNumber lsn)
    {
        if (_looks.Count == 0 || lsn >= Newest) return TimeSpan.Zero;
        foreach (var (at, seen) in _looks)
            if (seen > lsn) return _last - at;
        return TimeSpan.Zero;
    }
}
