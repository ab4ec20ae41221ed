using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OpenTelemetry.Instrumentation.StackExchangeRedis;
using StackExchange.Redis;

namespace ScaleHub.Core.Platform.Redis;

/// <summary>
/// Redis, for what may be lost: one connection for the whole process, behind a circuit breaker (<see cref="RedisState"/>).
/// <para>Guarantee: callers get "no answer" instead of an exception, and must have something else to do then.
/// <see cref="TryAsync"/> waits for <see cref="RedisOptions.TimeoutMs"/> at most, and after a failure nobody asks again for
/// <see cref="RedisOptions.BreakMs"/>, or until what was asked is answered late or the connection is back: a dead or a stalled
/// server costs each process one time-out per break, a server that is always late two, and a delay of 150 ms costs 150 ms.</para>
/// <para><see cref="AskAsync"/> is for what nothing else can answer as well: it waits for a Redis that is only late, and gives up
/// when Redis is gone, which is when the connection is lost or silent for <see cref="RedisOptions.SilenceMs"/>.</para>
/// <para>Connects with the first command; a Redis that is away at the start is as one that went away later.</para>
/// </summary>
public sealed class RedisStore : IAsyncDisposable
{
    private const int MaxUnderWay = 10_000, LooksPerSilence = 10;
    private static readonly TimeSpan SubscribePatience = TimeSpan.FromSeconds(2);

    private readonly RedisConnection _connection;
    private readonly RedisOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly long _breakDuration;
    private readonly TimeSpan _betweenLooks;
    private RedisState _state = RedisState.Initial;
    private int _underWay;
    private long _lastAnswer;
    private long _lastFailure;

    /// <summary>
    /// Reads the connection string <c>redis</c>; connects later. <paramref name="tracing"/>, where there is
    /// one, makes spans of the commands.
    /// </summary>
    /// <exception cref="OptionsValidationException">There is no connection string <c>redis</c>, or it is not valid.</exception>
    public RedisStore(IConfiguration configuration, IOptions<RedisOptions> options, TimeProvider time, ILogger<RedisStore> logger,
        StackExchangeRedisInstrumentation? tracing = null)
    {
        (_options, _time, _logger) = (options.Value, time, logger);
        _breakDuration = time.TimestampFrequency * _options.BreakMs / 1000;
        _betweenLooks = TimeSpan.FromMilliseconds((double)Math.Max(_options.SilenceMs, _options.TimeoutMs) / LooksPerSilence);
        _connection = new(RedisConnection.Configure(configuration));
        _connection.Changed += Changed;
        if (tracing is not null) WhenConnected(connected => tracing.AddConnection(connected));
    }

    /// <summary>The part of a key that names this application; use as <c>$"{redis.Prefix}:…"</c>.</summary>
    public string Prefix => _options.Prefix;

    /// <summary>Whether Redis is asked now: no command has failed or timed out since the last answer.</summary>
    public bool Answers => Volatile.Read(ref _state).Phase == RedisPhase.Answering;

    /// <summary>How long ago a command was last answered, in time or late; very long when none ever was.</summary>
    public TimeSpan SinceAnswer => Volatile.Read(ref _lastAnswer) is not 0 and var at ? _time.GetElapsedTime(at) : TimeSpan.MaxValue;

    /// <summary>
    /// How long ago a command had no answer or a connection was lost; very long when that never happened. What Redis held before
    /// may have been changed meanwhile without Redis being told, and a restarted server may have gone back in time.
    /// </summary>
    public TimeSpan SinceFailure
        => Volatile.Read(ref _lastFailure) is not 0 and var at ? _time.GetElapsedTime(at) : TimeSpan.MaxValue;

    /// <summary>Raised when a connection is lost, and when one is back: messages may have been missed.</summary>
    internal event Action? ConnectionChanged;

    /// <summary>
    /// Calls <paramref name="connected"/> with the shared connection once it is made, before the first command, or at once if it
    /// is made already: for what instruments it (<c>StackExchangeRedisInstrumentation.AddConnection</c>). It must not throw, nor
    /// dispose the connection.
    /// </summary>
    public void WhenConnected(Action<IConnectionMultiplexer> connected) => _connection.WhenMade(connected);

    /// <summary>
    /// The shared connection itself, for a library that wants one. What is sent over it has the library's time-out, 5 s, and
    /// throws.
    /// </summary>
    public async Task<IConnectionMultiplexer> GetConnectionAsync() => await _connection.GetAsync();

    /// <summary>Runs a command; <c>(false, default)</c> when there is no answer in time.</summary>
    public ValueTask<(bool Answered, T? Value)> TryAsync<T>(Func<IDatabase, Task<T>> command, CancellationToken cancellationToken)
        => MayAsk() ? RunAsync(command, untilGone: false, cancellationToken) : new((false, default));

    /// <summary>
    /// Runs a command whose late answer is better than none: waits as long as Redis may still answer, 5 s at most, also while the
    /// breaker is open because Redis is late. <c>(false, default)</c> when Redis is gone; the command may have been done all the same.
    /// </summary>
    public ValueTask<(bool Answered, T? Value)> AskAsync<T>(Func<IDatabase, Task<T>> command, CancellationToken cancellationToken)
        => Volatile.Read(ref _state).Phase == RedisPhase.Gone
            ? TryAsync(command, cancellationToken)
            : RunAsync(command, untilGone: true, cancellationToken);

    /// <summary>
    /// Sends a command that others depend on: also while the breaker is open, as the trouble of this process may not be theirs. Waits
    /// for the answer like <see cref="TryAsync"/>, but not at all while the breaker is open. Dropped when 10,000 are under way.
    /// </summary>
    /// <returns>Whether Redis said that it was done; otherwise it may have been.</returns>
    public async ValueTask<bool> SendAsync(Func<IDatabase, Task> command, CancellationToken cancellationToken)
    {
        if (Answers) return (await TryAsync(db => CountAsync(command(db)), cancellationToken)).Answered;
        if (Volatile.Read(ref _underWay) >= MaxUnderWay) return false;
        if (_connection.Made is null) return false;
        // Nobody waits for the outcome, but it tells the breaker whether Redis answers.
        _ = WatchAsync(SendNowAsync(db => CountAsync(command(db))), _time.GetTimestamp());
        return false;
    }

    /// <summary>
    /// Sends a command and waits for nothing: whoever sends it finds out by other means whether it was done. False when there is no
    /// connection, or Redis is not asked now.
    /// </summary>
    internal bool Post(Action<IDatabase> command)
    {
        if (!Answers || _connection.Made is not { } connection) return false;
        try
        {
            command(connection.GetDatabase());
            return true;
        }
        catch (Exception e) when (e is RedisConnectionException or ObjectDisposedException)
        {
            // Lost at this moment, of which the connection tells the breaker by itself, or closed as the process ends.
            return false;
        }
    }

    /// <summary>
    /// Subscribes to a channel; <paramref name="heard"/> gets the messages one after the other, as Redis sent them. The
    /// subscription survives the loss of the connection. A second call for the same channel replaces the first one's handler. False
    /// when Redis does not answer within two seconds; the subscription may still be made later.
    /// </summary>
    internal async Task<bool> SubscribeAsync(string channel, Action<string> heard, CancellationToken cancellationToken)
    {
        try
        {
            var connection = await _connection.GetAsync().WaitAsync(SubscribePatience, _time, cancellationToken);
            var subscriber = connection.GetSubscriber();
            var name = new RedisChannel(channel, RedisChannel.PatternMode.Literal);
            await subscriber.UnsubscribeAsync(name).WaitAsync(SubscribePatience, _time, cancellationToken);
            // A queue: with a handler alone, the library hands messages to several threads, which overtake each other.
            var messages = await subscriber.SubscribeAsync(name).WaitAsync(SubscribePatience, _time, cancellationToken);
            messages.OnMessage(message => heard(message.Message!));
            return true;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            _logger.LogDebug(e, "The subscription to {Channel} could not be made", channel);
            return false;
        }
    }

    private async ValueTask<(bool Answered, T? Value)> RunAsync<T>(
        Func<IDatabase, Task<T>> command, bool untilGone, CancellationToken cancellationToken)
    {
        var sent = _time.GetTimestamp();
        var answer = SendNowAsync(command);
        try
        {
            var value = await answer.WaitAsync(TimeSpan.FromMilliseconds(_options.TimeoutMs), _time, cancellationToken);
            Volatile.Write(ref _lastAnswer, _time.GetTimestamp());
            Note(RedisEvent.Answered, sent);
            return (true, value);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            // The caller's cancellation alone is let through: whatever else went wrong, there is no answer.
            if (!answer.IsCompleted) Note(RedisEvent.TimedOut, sent, e);
        }
        finally
        {
            if (!answer.IsCompletedSuccessfully || Volatile.Read(ref _lastAnswer) < sent) _ = WatchAsync(answer, sent);
        }
        if (untilGone) await WaitUntilGoneAsync(answer, sent, cancellationToken);
        return answer.IsCompletedSuccessfully ? (true, answer.Result) : (false, default);
    }

    /// <summary>Returns when the answer is there, has failed, or when nothing was heard from Redis for too long.</summary>
    /// <remarks>
    /// Silence is counted in looks and not by the clock: a process that does not get the processor does not look either, and must
    /// not take that for a fault of Redis.
    /// </remarks>
    private async Task WaitUntilGoneAsync(Task answer, long sent, CancellationToken cancellationToken)
    {
        var heard = Volatile.Read(ref _lastAnswer);
        // The time-out that is over is a part of the silence, if nothing was heard in it.
        var quiet = heard < sent ? (int)(_options.TimeoutMs / _betweenLooks.TotalMilliseconds) : 0;
        while (!answer.IsCompleted && Volatile.Read(ref _state).Phase != RedisPhase.Gone)
        {
            await Task.WhenAny(answer, Task.Delay(_betweenLooks, _time, cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
            var before = heard;
            heard = Volatile.Read(ref _lastAnswer);
            quiet = heard == before ? quiet + 1 : 0;
            if (quiet >= LooksPerSilence && !answer.IsCompleted) Note(RedisEvent.Silent, sent);
        }
    }

    /// <summary>Learns from how a command ended that nobody waits for any more.</summary>
    private async Task WatchAsync(Task answer, long sent)
    {
        await answer.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (answer.IsCompletedSuccessfully)
        {
            Volatile.Write(ref _lastAnswer, _time.GetTimestamp());
            Note(RedisEvent.AnsweredLate, sent);
            return;
        }
        var reason = answer.Exception?.GetBaseException();
        Note(reason switch
        {
            _ when _connection.Made is null => RedisEvent.Disconnected,
            null or RedisConnectionException or ObjectDisposedException => RedisEvent.Disconnected,
            TimeoutException => RedisEvent.TimedOut,
            _ => RedisEvent.Refused,
        }, sent, reason);
    }

    private void Changed(bool restored)
    {
        var now = _time.GetTimestamp();
        Volatile.Write(ref _lastFailure, now);
        if (restored) Note(RedisEvent.Reconnected, now);
        ConnectionChanged?.Invoke();
    }

    private void Note(RedisEvent happened, long sent, Exception? reason = null)
    {
        var now = _time.GetTimestamp();
        if (happened is not (RedisEvent.Answered or RedisEvent.AnsweredLate or RedisEvent.Reconnected))
            Volatile.Write(ref _lastFailure, now);
        while (true)
        {
            var before = Volatile.Read(ref _state);
            var after = before.Next(happened, sent, now, _breakDuration);
            if (after == before) return;
            if (Interlocked.CompareExchange(ref _state, after, before) != before) continue;
            Log(before.Phase, after.Phase, reason switch
            {
                // The first word of a server's error is its kind; the rest may repeat what was sent.
                RedisServerException e => e.Message.Split(' ')[0],
                not null => reason.GetType().Name,
                null => $"{happened}",
            });
            return;
        }
    }

    private void Log(RedisPhase before, RedisPhase after, string reason)
    {
        if (before == after) return;
        if (after == RedisPhase.Answering) _logger.LogInformation("Redis answers again");
        else if (after == RedisPhase.Gone) _logger.LogWarning("Redis is gone ({Reason}); going on without it", reason);
        else _logger.LogWarning("Redis is late ({Reason}); going on without it where that is possible", reason);
    }

    private bool MayAsk()
    {
        var state = Volatile.Read(ref _state);
        return state.MayAsk(_time.GetTimestamp(), _breakDuration, out var taken)
            && (taken == state || Interlocked.CompareExchange(ref _state, taken, state) == state);
    }

    private async Task<bool> CountAsync(Task command)
    {
        Interlocked.Increment(ref _underWay);
        try
        {
            await command;
            return true;
        }
        finally
        {
            Interlocked.Decrement(ref _underWay);
        }
    }

    private async Task<T> SendNowAsync<T>(Func<IDatabase, Task<T>> command)
        => await command((await _connection.GetAsync()).GetDatabase());

    /// <summary>Closes the connection without waiting for commands under way: what they do may be lost.</summary>
    public ValueTask DisposeAsync() => _connection.DisposeAsync();
}
