using Microsoft.Extensions.Options;

namespace ScaleHub.Http.RateLimiting;

/// <summary>
/// Sliding windows in this process: of what it admits, through Redis (<see cref="Note"/>) or by itself while Redis is gone
/// (<see cref="Decide"/>), each limit by the number of instances, rounded up.
/// <para>Guarantee: without Redis, this instance admits at most its share in any window, counting what it admitted through Redis
/// before. It admits at least 95 % of a steady stream at that rate. What Redis has not counted is kept until Redis has been told.
/// At most <see cref="Capacity"/> callers have windows of their own (about 20 MB). The instance does not know what it admitted of
/// the others through Redis; without Redis they share one window for each policy, until a caller with a window has been quiet for
/// as long as the window is.</para>
/// </summary>
public sealed class LocalWindows(IOptions<RateLimitOptions> options, TimeProvider time)
{
    /// <summary>Windows that are kept.</summary>
    internal const int Capacity = 100_000;

    // Fewer than in Redis: memory counts more here. 20 is the least that admits 95 % of a steady stream.
    private const int Parts = 20;
    private static readonly TimeSpan BetweenSweeps = TimeSpan.FromSeconds(1);

    // One lock: all limits of a request are decided together, in less than a microsecond.
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Window> _windows = [];
    private readonly int _instances = options.Value.Instances;
    private long _sweptAt;

    // Windows with requests that Redis has not counted: none, unless Redis was gone.
    private int _unreported;

    /// <summary>Windows that are kept now.</summary>
    internal int Count
    {
        get
        {
            lock (_lock) return _windows.Count;
        }
    }

    /// <summary>Notes a request that Redis admitted.</summary>
    public void Note(ApplyingLimit[] limits)
    {
        lock (_lock)
        {
            var now = Now();
            foreach (var limit in limits)
            {
                // What callers beyond the capacity do through Redis must not use up the share that they have without it.
                if (!_windows.ContainsKey(limit.Key) && _windows.Count >= Capacity && !Sweep(now)) continue;
                var window = Find(limit, now);
                window.MoveTo(now);
                window.Count();
            }
        }
    }

    /// <summary>
    /// For each limit, how many requests <see cref="Decide"/> admitted in its window that nobody has told Redis of; null for
    /// none. The caller tells Redis, or gives them back.
    /// </summary>
    public int[]? TakeUntold(ApplyingLimit[] limits)
    {
        if (Volatile.Read(ref _unreported) == 0) return null;
        int[]? taken = null;
        lock (_lock)
        {
            for (var i = 0; i < limits.Length; i++)
            {
                if (!_windows.TryGetValue(limits[i].Key, out var window) || window.Unreported == 0) continue;
                window.MoveTo(Now());
                (taken ??= new int[limits.Length])[i] = Math.Min(window.Unreported, window.Total);
                SetUntold(window, 0);
            }
        }
        return taken;
    }

    /// <summary>Takes back what Redis could not be told of.</summary>
    public void ReturnUnreported(ApplyingLimit[] limits, int[] unreported)
    {
        lock (_lock)
        {
            for (var i = 0; i < limits.Length; i++)
                if (_windows.TryGetValue(limits[i].Key, out var window)) SetUntold(window, window.Unreported + unreported[i]);
        }
    }

    /// <summary>Admits or refuses one request without Redis.</summary>
    public RateLimitDecision Decide(ApplyingLimit[] limits)
    {
        var states = new LimitState[limits.Length];
        var windows = new Window[limits.Length];
        var admitted = true;
        lock (_lock)
        {
            var now = Now();
            for (var i = 0; i < limits.Length; i++)
            {
                windows[i] = Find(limits[i], now);
                windows[i].MoveTo(now);
                admitted &= windows[i].Total < Share(limits[i]);
            }
            for (var i = 0; i < limits.Length; i++)
            {
                if (admitted)
                {
                    windows[i].Count();
                    SetUntold(windows[i], windows[i].Unreported + 1);
                }
                states[i] = new(Math.Max(0, Share(limits[i]) - windows[i].Total), windows[i].RoomAt(Share(limits[i])) - now);
            }
        }
        return new(admitted, states);
    }

    /// <summary>Takes back one that was admitted, the oldest that is counted.</summary>
    /// <returns>Whether Redis has not been told of it, and so need not be told of this.</returns>
    public bool GiveBack(ApplyingLimit limit)
    {
        lock (_lock)
        {
            if (!_windows.TryGetValue(limit.Key, out var window)) return false;
            window.MoveTo(Now());
            window.Uncount();
            if (window.Unreported == 0) return false;
            SetUntold(window, window.Unreported - 1);
            return true;
        }
    }

    private int Share(ApplyingLimit limit) => (limit.Limit + _instances - 1) / _instances;

    private long Now() => (long)time.GetElapsedTime(0).TotalMilliseconds;

    private void SetUntold(Window window, int unreported)
    {
        if (window.Unreported == 0 && unreported > 0) _unreported++;
        else if (window.Unreported > 0 && unreported == 0) _unreported--;
        window.Unreported = unreported;
    }

    private Window Find(ApplyingLimit limit, long now)
    {
        if (_windows.TryGetValue(limit.Key, out var window)) return window;
        var key = limit.Key;
        if (_windows.Count >= Capacity && !Sweep(now))
        {
            key = $"others:{limit.Policy}";
            if (_windows.TryGetValue(key, out window)) return window;
        }
        return _windows[key] = new((long)limit.Window.TotalMilliseconds / Parts);
    }

    private bool Sweep(long now)
    {
        if (time.GetElapsedTime(_sweptAt) >= BetweenSweeps)
        {
            _sweptAt = time.GetTimestamp();
            foreach (var (key, window) in _windows)
            {
                if (!window.IsOver(now)) continue;
                SetUntold(window, 0);
                _windows.Remove(key);
            }
        }
        return _windows.Count < Capacity;
    }

    /// <summary>Counts by part, in a ring: the current part and the whole window before it.</summary>
    private sealed class Window(long partMs)
    {
        private readonly int[] _counts = new int[Parts + 1];
        private long _part;

        public int Total { get; private set; }

        /// <summary>Of those, how many Redis has not counted; some of them may have left the window.</summary>
        public int Unreported { get; set; }

        public bool IsOver(long now) => now / partMs > _part + Parts;

        public void MoveTo(long now)
        {
            var part = now / partMs;
            for (var next = Math.Max(_part + 1, part - Parts); next <= part; next++)
            {
                ref var count = ref _counts[next % _counts.Length];
                Total -= count;
                count = 0;
            }
            _part = Math.Max(_part, part);
        }

        public void Count()
        {
            _counts[_part % _counts.Length]++;
            Total++;
        }

        public void Uncount()
        {
            for (var part = Math.Max(0, _part - Parts); part <= _part; part++)
            {
                ref var count = ref _counts[part % _counts.Length];
                if (count == 0) continue;
                count--;
                Total--;
                return;
            }
        }

        /// <summary>
        /// When there is more room than now: when the oldest part leaves, or as many as it takes to come below the limit.
        /// </summary>
        public long RoomAt(int limit)
        {
            var left = Total;
            for (var part = Math.Max(0, _part - Parts); part <= _part; part++)
            {
                var count = _counts[part % _counts.Length];
                left -= count;
                if (count > 0 && left < limit) return (part + Parts + 1) * partMs;
            }
            return (_part + Parts + 1) * partMs;
        }
    }
}
