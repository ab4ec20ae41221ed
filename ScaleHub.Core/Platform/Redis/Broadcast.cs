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
/// it. All who ask while a beat is under way share the next one, so that thousands of requests a second cost as many beats as
/// there are round trips one after the other.</para>
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
    private const string Heartbeat = "beat";

    private readonly ConcurrentDictionary<string, Action<string>> _topics = new();
    private readonly string _self = Guid.NewGuid().ToString("N");
    private readonly Lock _gate = new();
    private long _beatSentAt;
    private long _lastBeat;
    private long _epoch;
    private volatile HeartbeatHeard? _heard;
    private Beat? _underWay, _next;
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
            if (_underWay is null) SendNext();
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
                    var deaf = !IsLive && (subscribedAt is not { } at || time.GetElapsedTime(at) > SubscribeAgainAfter);
                    if (deaf)
                    {
                        await redis.SubscribeAsync(Channel, OnMessage, stoppingToken);
                        subscribedAt = time.GetTimestamp();
                    }
                    EndOverdue();
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
        (_underWay, _next) = (_next, null);
        if (_underWay is not { } beat) return;
        var message = $"{Heartbeat} {NewBeat(out beat.Number)}";
        beat.SentAt = time.GetTimestamp();
        if (!redis.Post(db => db.Publish(new(Channel, RedisChannel.PatternMode.Literal), message, CommandFlags.FireAndForget))) Fail();
    }

    private void EndOverdue()
    {
        lock (_gate)
        {
            if (_underWay is not { } beat || time.GetElapsedTime(beat.SentAt) < LongestCatchUp) return;
            _failedAt = time.GetTimestamp();
            Fail();
        }
    }

    private void Fail()
    {
        _underWay?.Heard.TrySetResult(false);
        _next?.Heard.TrySetResult(false);
        (_underWay, _next) = (null, null);
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
            if (_underWay is not { } beat || number < beat.Number) return;
            SendNext();
            beat.Heard.TrySetResult(true);
        }
    }

    private sealed record HeartbeatHeard(long At, long Epoch, long Since);

    private sealed class Beat
    {
        public readonly TaskCompletionSource<bool> Heard = new(TaskCreationOptions.RunContinuationsAsynchronously);
        public long Number, SentAt;
    }
}
