using ScaleHub.Core.Platform;

namespace ScaleHub.Http.RateLimiting;

/// <summary>The limits that one caller must keep at endpoints of one policy, and what is reserved for the caller there.</summary>
/// <param name="limits">All of them; they share one hash tag.</param>
/// <param name="reservation">None where each request is decided by itself.</param>
public sealed class LimitSet(ApplyingLimit[] limits, Reservation? reservation = null)
{
    /// <summary>All of them.</summary>
    public ApplyingLimit[] Limits => limits;

    /// <summary>What this instance may admit without asking.</summary>
    public Reservation? Reservation => reservation;

    /// <summary>The header <c>RateLimit-Policy</c>.</summary>
    internal string PolicyHeader => field ??= RateLimitHeaders.FormatPolicy(limits);
}

/// <summary>
/// Admissions that Redis gave to this instance beforehand, for a caller that comes often: one round trip for many requests.
/// <para>Guarantee: the limits hold as exactly as without. What is reserved is counted in Redis from then on, in the part of the
/// window in which it was reserved, and is used only until that part ends by Redis's clock. Redis counts a part for a whole window
/// after its end, so a window that holds the request holds its admission, too.</para>
/// <para>It is little: what the caller is expected to use in a two-hundredth of the shortest window (0.3 s of a minute), 2.5 s at most,
/// and a fiftieth of what the limits have room for. So nothing is reserved below N = 50 or near a limit, where each request is decided by
/// itself. What is not used is given back within a second after the part has ended, and when the instance stops; an instance that is
/// killed leaves it counted for as long as the window is.</para>
/// </summary>
public sealed class Reservation
{
    /// <summary>The most that is reserved at once.</summary>
    internal const int Most = 1000;

    private const double PeriodSeconds = 5, LongestSeconds = 2.5;

    private readonly TimeProvider _time;
    private readonly double _seconds;
    private readonly Lock _lock = new();
    private LimitState[] _states = [];
    private long[] _parts = [];
    private Unused? _unused;
    private int _left, _count, _countBefore;
    private long _filledAt, _endsAt, _periodSince;
    private bool _isFilling;

    /// <summary>Nothing is reserved at first.</summary>
    public Reservation(ApplyingLimit[] limits, TimeProvider time)
    {
        _time = time;
        _seconds = Math.Min(LongestSeconds, limits.Min(l => l.Window.TotalSeconds) / (2 * RedisWindows.Parts));
        _periodSince = time.GetTimestamp();
    }

    /// <summary>Uses one. Null when there is none; else how the limits stand then.</summary>
    internal LimitState[]? TryTake()
    {
        lock (_lock)
        {
            var now = _time.GetTimestamp();
            if (IsOver(now)) return null;
            _left--;
            Count(now);
            var passed = (long)_time.GetElapsedTime(_filledAt, now).TotalMilliseconds;
            var states = new LimitState[_states.Length];
            for (var i = 0; i < states.Length; i++) states[i] = new(_states[i].Remaining + _left, Math.Max(0, _states[i].ResetMs - passed));
            return states;
        }
    }

    /// <summary>A request asks Redis: how many to reserve with it. If it is more than 0, <see cref="Ended"/> must follow.</summary>
    internal int Begin()
    {
        lock (_lock)
        {
            var now = _time.GetTimestamp();
            Count(now);
            // One of many concurrent requests is enough.
            if (_isFilling || !IsOver(now) || (_left > 0 && _unused is not null)) return 0;
            if (_left > 0) (_unused, _left) = (new(_left, _parts, _filledAt), 0);
            var wanted = (int)Math.Min(Most, Math.Max(_count, _countBefore) / PeriodSeconds * _seconds);
            _isFilling = wanted > 0;
            return wanted;
        }
    }

    /// <summary>Keeps what Redis admitted beyond one.</summary>
    /// <param name="answer">What it said.</param>
    /// <param name="sent">When it was asked, which is before it looked at its clock; that it rounds down to milliseconds.</param>
    internal void Fill(WindowsAnswer answer, long sent)
    {
        lock (_lock)
        {
            (_states, _parts, _left, _filledAt) = (answer.States, answer.Parts, answer.Admitted - 1, sent);
            _endsAt = sent + (long)((answer.EndsMs - 1) / 1000.0 * _time.TimestampFrequency);
        }
    }

    /// <summary>Another request may fill it.</summary>
    internal void Ended()
    {
        lock (_lock) _isFilling = false;
    }

    /// <summary>Takes out what can be used no more.</summary>
    /// <param name="all">What could still be used, too.</param>
    internal List<Unused> TakeUnused(bool all)
    {
        lock (_lock)
        {
            var unused = new List<Unused>(2);
            if (_unused is { } before) unused.Add(before);
            _unused = null;
            if (_left > 0 && (all || IsOver(_time.GetTimestamp())))
            {
                unused.Add(new(_left, _parts, _filledAt));
                _left = 0;
            }
            return unused;
        }
    }

    /// <summary>Whether there is nothing to give back, now or later.</summary>
    internal bool IsEmpty
    {
        get
        {
            lock (_lock) return _left == 0 && _unused is null;
        }
    }

    /// <summary>What was reserved and not used.</summary>
    /// <param name="Count">How many.</param>
    /// <param name="Parts">In which part of each window they are counted.</param>
    /// <param name="Since">When Redis was asked for them.</param>
    internal readonly record struct Unused(int Count, long[] Parts, long Since);

    private bool IsOver(long now) => _left == 0 || now >= _endsAt;

    private void Count(long now)
    {
        var passed = _time.GetElapsedTime(_periodSince, now).TotalSeconds;
        if (passed >= PeriodSeconds)
        {
            (_countBefore, _count, _periodSince) = (passed < 2 * PeriodSeconds ? _count : 0, 0, now);
        }
        _count++;
    }
}

/// <summary>Gives back in the background what was reserved and not used.</summary>
internal sealed class ReservationKeeper(RateLimiter limiter, TimeProvider time, ILogger<ReservationKeeper> logger) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    protected override Task ExecuteAsync(CancellationToken stoppingToken)
        => new Rounds("The keeper of reservations", logger).EveryAsync(
            Every, time, () => limiter.GiveBackReservationsAsync(all: false), stoppingToken);

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await limiter.GiveBackReservationsAsync(all: true);
    }
}
