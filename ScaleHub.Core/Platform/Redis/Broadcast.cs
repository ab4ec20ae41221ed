using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace ScaleHub.Core.Platform.Redis;

/// <summary>
/// News from any process to all of them, over one Redis channel, for caches to forget what has changed.
/// <para>Guarantee: while <see cref="IsLive"/>, what was sent more than 600 ms ago has been heard, unless <see cref="Epoch"/>
/// grew since. Redis promises no delivery, so each process sends itself a beat every 200 ms over the same channel: its arrival
/// shows that the channel works, its absence that it may not. A lost connection makes the epoch grow at once.</para>
/// <para><see cref="CatchUpAsync"/> is for whoever must know all that Redis took before this moment: it sends a beat and waits for
/// it. At most four beats are under way; all who ask meanwhile share the next one, so that thousands of requests a second cost a
/// few beats for each round trip.</para>
/// <para>Without Redis nothing is heard and nothing throws: a cache then keeps its entries only for as long as being late is
/// harmless.</para>
/// </summary>
public sealed class Broadcast(RedisStore redis, TimeProvider time, ILogger<Broadcast> logger) : BackgroundService
{
    private static readonly TimeSpan BeatEvery = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Fresh = TimeSpan.FromMilliseconds(600);
    private static readonly TimeSpan SubscribeAgainAfter = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan LongestCatchUp = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromSeconds(1);

    // With one, all requests would wait for each other: all in Redis, then all in this process, and so on.
    private const int MostUnderWay = 4;
    private const string Heartbeat = "beat";

    private readonly ConcurrentDictionary<string, Action<string>> _topics = new();
    private readonly string _self = Guid.NewGuid().ToString("N");
    private readonly Lock _gate = new();
    private long _beatSentAt;
    private long _lastBeat;
    private long _epoch;
    private volatile HeartbeatHeard? _heard;
    private readonly Queue<Beat> _underWay = new();
    private Beat? _next;
    private long _failedAt;

    /// <summary>Whether a beat came through that was sent at most 600 ms ago.</summary>
    public bool IsLive => Volatile.Read(ref _beatSentAt) is not 0 and var at && time.GetElapsedTime(at) < Fresh;

    /// <summary>Grows when news may have been missed: what was known before may have changed.</summary>
    public long Epoch => Volatile.Read(ref _epoch);

    /// <summary>
    /// The last heartbeat that arrived. A process that has been subscribed since the start of this epoch has received every message
    /// that was sent before this timestamp.
    /// </summary>
    internal (long At, long Epoch) LastHeartbeat => _heard is { } beat ? (beat.At, beat.Epoch) : (0, -1);

    /// <summary>Whether everything was heard for that long up to the last beat.</summary>
    internal bool HasHeardFor(TimeSpan period)
        => _heard is { } beat && beat.Epoch == Epoch && time.GetElapsedTime(beat.Since, beat.At) >= period;

    private string Channel => $"{redis.Prefix}:news";

    /// <summary>
    /// Calls <paramref name="heard"/> for each message of a topic, from this process too. It must be quick and not throw.
    /// </summary>
    /// <param name="topic">A word without blanks; one listener each.</param>
    /// <param name="heard">Gets the message's text.</param>
    public void Listen(string topic, Action<string> heard)
    {
        if (!_topics.TryAdd(topic, heard)) throw new InvalidOperationException($"Somebody listens to '{topic}' already.");
    }

    /// <summary>Sends to every process. Returns when Redis has it, or when Redis fails to answer.</summary>
    public async ValueTask SendAsync(string topic, string text, CancellationToken cancellationToken)
        => await redis.SendAsync(
            db => PublishAsync(db, topic, text), cancellationToken);

    /// <summary>Sends to every process as one of several commands; fails when Redis does.</summary>
    internal Task PublishAsync(IDatabase db, string topic, string text)
        => db.PublishAsync(new(Channel, RedisChannel.PatternMode.Literal), $"{topic} {text}");

    /// <summary>
    /// Whether all messages have been heard that Redis took before this call. False when that is not known within 300 ms: Redis is
    /// late or gone; then nobody waits for the next second.
    /// </summary>
    internal Task<bool> CatchUpAsync()
    {
        lock (_gate)
        {
            if (!IsLive || _failedAt is not 0 and var at && time.GetElapsedTime(at) < PauseAfterFailure) return Task.FromResult(false);
            var beat = _next ??= new();
            SendNext();
            return beat.Heard.Task;
        }
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        redis.ConnectionChanged += Miss;
        try
        {
            var subscribedAt = default(long?);
            using var timer = new PeriodicTimer(BeatEvery, time);
            var rounds = new Rounds("The broadcast", logger);
            do
            {
                await rounds.RunAsync(async () =>
                {
                    EndOverdue();
                    var deaf = !IsLive && (subscribedAt is not { } at || time.GetElapsedTime(at) > SubscribeAgainAfter);
                    if (deaf)
                    {
                        await redis.SubscribeAsync(Channel, OnMessage, stoppingToken);
                        subscribedAt = time.GetTimestamp();
                    }
                    await SendAsync(Heartbeat, NewBeat(out _), stoppingToken);
                }, stoppingToken);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host is stopping.
        }
        finally
        {
            redis.ConnectionChanged -= Miss;
            Miss();
        }
    }

    private void Miss()
    {
        Interlocked.Increment(ref _epoch);
        lock (_gate) Fail();
    }

    // By number and not by time: which of two came first must be certain.
    private string NewBeat(out long number)
    {
        number = Interlocked.Increment(ref _lastBeat);
        return string.Create(CultureInfo.InvariantCulture, $"{_self} {number} {time.GetTimestamp()}");
    }

    private void SendNext()
    {
        if (_next is not { } beat || _underWay.Count >= MostUnderWay) return;
        _next = null;
        _underWay.Enqueue(beat);
        var message = $"{Heartbeat} {NewBeat(out beat.Number)}";
        beat.SentAt = time.GetTimestamp();
        if (!redis.Post(db => db.Publish(new(Channel, RedisChannel.PatternMode.Literal), message, CommandFlags.FireAndForget))) Fail();
    }

    private void EndOverdue()
    {
        lock (_gate)
        {
            if (!_underWay.TryPeek(out var beat) || time.GetElapsedTime(beat.SentAt) < LongestCatchUp) return;
            _failedAt = time.GetTimestamp();
            Fail();
        }
    }

    private void Fail()
    {
        foreach (var beat in _underWay) beat.Heard.TrySetResult(false);
        _underWay.Clear();
        _next?.Heard.TrySetResult(false);
        _next = null;
    }

    private void OnMessage(string message)
    {
        var blank = message.IndexOf(' ', StringComparison.Ordinal);
        if (blank < 0) return;
        var (topic, text) = (message[..blank], message[(blank + 1)..]);
        if (topic == Heartbeat) OnHeartbeat(text);
        else if (_topics.TryGetValue(topic, out var heard)) heard(text);
    }

    private void OnHeartbeat(string text)
    {
        if (!text.StartsWith(_self, StringComparison.Ordinal)) return;
        var parts = text.AsSpan(_self.Length + 1);
        var blank = parts.IndexOf(' ');
        var (number, sentAt) = (
            long.Parse(parts[..blank], CultureInfo.InvariantCulture), long.Parse(parts[(blank + 1)..], CultureInfo.InvariantCulture));
        var before = Interlocked.Exchange(ref _beatSentAt, sentAt);
        if (before == 0 || time.GetElapsedTime(before, sentAt) > Fresh) Miss();
        _heard = _heard is { } last && last.Epoch == Epoch ? last with { At = sentAt } : new(sentAt, Epoch, sentAt);
        lock (_gate)
        {
            while (_underWay.TryPeek(out var beat) && beat.Number <= number) _underWay.Dequeue().Heard.TrySetResult(true);
            SendNext();
        }
    }

    private sealed record HeartbeatHeard(long At, long Epoch, long Since);

    private sealed class Beat
    {
        public readonly TaskCompletionSource<bool> Heard = new(TaskCreationOptions.RunContinuationsAsynchronously);
        public long Number, SentAt;
    }
}
