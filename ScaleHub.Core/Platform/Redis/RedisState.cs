namespace ScaleHub.Core.Platform.Redis;

/// <summary>What this process takes its Redis for.</summary>
internal enum RedisPhase
{
    /// <summary>Commands are answered within <see cref="RedisOptions.TimeoutMs"/>.</summary>
    Answering,

    /// <summary>A command was not answered in time, or was refused. The connection is there, and the answer may still
    /// come.</summary>
    Late,

    /// <summary>The connection is lost, or nothing at all came over it for <see cref="RedisOptions.SilenceMs"/>.</summary>
    Gone,
}

/// <summary>What happened to a command or to the connection.</summary>
internal enum RedisEvent
{
    /// <summary>A command was answered in time.</summary>
    Answered,

    /// <summary>A command was answered after its sender had stopped waiting.</summary>
    AnsweredLate,

    /// <summary>A command was not answered in time.</summary>
    TimedOut,

    /// <summary>The server answered a command with an error.</summary>
    Refused,

    /// <summary>A command waits, and nothing came over the connection for <see cref="RedisOptions.SilenceMs"/>.</summary>
    Silent,

    /// <summary>A command could not be sent, or its connection was lost before the answer.</summary>
    Disconnected,

    /// <summary>The connection is back.</summary>
    Reconnected,
}

/// <summary>
/// The circuit breaker of <see cref="RedisStore"/>: an immutable state, and a pure function to the next one. All times are
/// timestamps of the store's clock.
/// </summary>
/// <param name="Phase">What Redis is taken for.</param>
/// <param name="At">
/// Answering: when that began; a command that was sent before says nothing about the time since. Late or gone: when one caller
/// tries again.
/// </param>
/// <param name="Trusted">
/// Answering: a command was answered in time since <paramref name="At"/>. Late: a late answer ends the phase. A Redis that is
/// late twice without having been in time in between is slow, not delayed now and then: only an answer in time ends that.
/// </param>
internal sealed record RedisState(RedisPhase Phase, long At, bool Trusted)
{
    /// <summary>At the start Redis is trusted.</summary>
    public static readonly RedisState Initial = new(RedisPhase.Answering, 0, true);

    /// <summary>The state after an event; the same object when nothing changes.</summary>
    /// <param name="happened">The event.</param>
    /// <param name="sent">When the command was sent; <paramref name="now"/> for an event of the connection.</param>
    /// <param name="now">When the event was noticed.</param>
    /// <param name="breakDuration">How long the breaker stays open.</param>
    public RedisState Next(RedisEvent happened, long sent, long now, long breakDuration) => (Phase, happened) switch
    {
        (RedisPhase.Answering, RedisEvent.Answered) => Trusted ? this : this with { Trusted = true },
        (_, RedisEvent.Answered) => new(RedisPhase.Answering, now, true),
        (RedisPhase.Answering, RedisEvent.TimedOut or RedisEvent.Refused or RedisEvent.Silent or RedisEvent.Disconnected)
            when sent <= At => this,
        (RedisPhase.Answering, RedisEvent.TimedOut) => new(RedisPhase.Late, now + breakDuration, Trusted),
        (RedisPhase.Answering or RedisPhase.Gone, RedisEvent.Refused) => new(RedisPhase.Late, now + breakDuration, false),
        (RedisPhase.Late, RedisEvent.AnsweredLate) when Trusted => new(RedisPhase.Answering, now, false),
        (RedisPhase.Gone, RedisEvent.AnsweredLate) => new(RedisPhase.Answering, now, false),
        (not RedisPhase.Gone, RedisEvent.Silent or RedisEvent.Disconnected) => new(RedisPhase.Gone, now + breakDuration, false),
        (RedisPhase.Gone, RedisEvent.Reconnected) => this with { At = now },
        _ => this,
    };

    /// <summary>Whether a caller that can do without Redis may ask now; if not answering, only one, after the break.</summary>
    /// <param name="now">Now.</param>
    /// <param name="breakDuration">How long the breaker stays open for the other callers.</param>
    /// <param name="taken">The state in which that caller's turn is taken.</param>
    public bool MayAsk(long now, long breakDuration, out RedisState taken)
    {
        taken = Phase == RedisPhase.Answering ? this : this with { At = now + breakDuration };
        return Phase == RedisPhase.Answering || now >= At;
    }
}
