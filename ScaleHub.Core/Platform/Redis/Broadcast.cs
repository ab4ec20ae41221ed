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
/// <para>Without Redis nothing is heard and nothing throws: a cache then keeps its entries only for as long as being late is
/// harmless.</para>
/// </summary>
public sealed class Broadcast(RedisStore redis, TimeProvider time, ILogger<Broadcast> logger) : BackgroundService
{
    private static readonly TimeSpan BeatEvery = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Fresh = TimeSpan.FromMilliseconds(600);
    private static readonly TimeSpan SubscribeAgainAfter = TimeSpan.FromSeconds(3);
    private const string Heartbeat = "beat";

    private readonly ConcurrentDictionary<string, Action<string>> _topics = new();
    private readonly string _self = Guid.NewGuid().ToString("N");
    private long _beatSentAt;
    private long _epoch;
    private volatile HeartbeatHeard? _heard;

    /// <summary>Whether a beat came through that was sent at most 600 ms ago.</summary>
    public bool IsLive => Volatile.Read(ref _beatSentAt) is not 0 and var at && time.GetElapsedTime(at) < Fresh;

    /// <summary>Grows when news may have been missed: what was known before may have changed.</summary>
    public long Epoch => Volatile.Read(ref _epoch);

    /// <summary>
    /// The last heartbeat that arrived. A process that has been subscribed since the start of this epoch has received every message
    /// that was sent before this timestamp.
    /// </summary>
    internal (long At, long Epoch) LastHeartbeat => _heard is { } beat ? (beat.At, beat.Epoch) : (0, -1);

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
                    await SendAsync(Heartbeat, string.Create(CultureInfo.InvariantCulture, $"{_self} {time.GetTimestamp()}"),
                        stoppingToken);
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

    private void Miss() => Interlocked.Increment(ref _epoch);

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
        var sentAt = long.Parse(text.AsSpan(_self.Length + 1), CultureInfo.InvariantCulture);
        var before = Interlocked.Exchange(ref _beatSentAt, sentAt);
        if (before == 0 || time.GetElapsedTime(before, sentAt) > Fresh) Miss();
        _heard = new(sentAt, Epoch);
    }

    private sealed record HeartbeatHeard(long At, long Epoch);
}
