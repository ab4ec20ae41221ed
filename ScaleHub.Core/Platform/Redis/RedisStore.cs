using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OpenTelemetry.Instrumentation.StackExchangeRedis;
using StackExchange.Redis;

namespace ScaleHub.Core.Platform.Redis;

/// <summary>
/// Redis, for what may be lost. Nothing waits for it longer than <see cref="RedisOptions.TimeoutMs"/>, and after a failure
/// nobody asks again for <see cref="RedisOptions.RestMs"/>, or until what was asked is answered late: a dead or a stalled server
/// costs each process one time-out per rest, a server that is always late two, and a delay of 150 ms costs 150 ms.
/// <para>Callers get "no answer" instead of an exception, and must have something else to do then.</para>
/// </summary>
public sealed class RedisStore : IAsyncDisposable
{
    private readonly Lazy<Task<ConnectionMultiplexer>> _connection;
    private readonly RedisOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private const int MaxUnderWay = 10_000;
    private static readonly TimeSpan SubscribePatience = TimeSpan.FromSeconds(2);
    private int _underWay;
    private long _restUntil;
    private long _revived;
    private long _lastAnswer;
    private long _lastFailure;

    /// <summary>Connects with the first command, of which <paramref name="tracing"/>, where there is one, makes spans.</summary>
    public RedisStore(IConfiguration configuration, IOptions<RedisOptions> options, TimeProvider time, ILogger<RedisStore> logger,
        StackExchangeRedisInstrumentation? tracing = null)
    {
        (_options, _time, _logger) = (options.Value, time, logger);
        var text = configuration.GetConnectionString("redis");
        _connection = new(() => text is { Length: > 0 }
            ? ConnectAsync(text, Lost, tracing)
            : Task.FromException<ConnectionMultiplexer>(new InvalidOperationException("No connection string 'redis'.")));
    }

    /// <summary>The part of a key that names this application; use as <c>$"{redis.Prefix}:…"</c>.</summary>
    public string Prefix => _options.Prefix;

    /// <summary>Whether the last command was answered.</summary>
    public bool Answers => Volatile.Read(ref _restUntil) == 0;

    /// <summary>How long ago a command was last answered; very long when none ever was.</summary>
    public TimeSpan SinceAnswer => Volatile.Read(ref _lastAnswer) is not 0 and var at ? _time.GetElapsedTime(at) : TimeSpan.MaxValue;

    /// <summary>
    /// How long ago a command had no answer or a connection was lost; very long when that never happened. What Redis held before
    /// may have been changed meanwhile without Redis being told, and a restarted server may have gone back in time.
    /// </summary>
    public TimeSpan SinceFailure
        => Volatile.Read(ref _lastFailure) is not 0 and var at ? _time.GetElapsedTime(at) : TimeSpan.MaxValue;

    /// <summary>Raised when a connection is lost, and when one is back: messages may have been missed.</summary>
    internal event Action? ConnectionChanged;

    /// <summary>Runs a command; <c>(false, default)</c> when there is no answer in time.</summary>
    public async ValueTask<(bool Answered, T? Value)> TryAsync<T>(Func<IDatabase, Task<T>> command, CancellationToken cancellationToken)
    {
        var rest = Volatile.Read(ref _restUntil);
        if (rest != 0)
        {
            var now = _time.GetTimestamp();
            // One caller takes the turn to try again; the others go on resting.
            if (now < rest || Interlocked.CompareExchange(ref _restUntil, Later(now), rest) != rest) return (false, default);
        }
        var sent = _time.GetTimestamp();
        var answer = RunAsync(command);
        try
        {
            var value = await answer.WaitAsync(TimeSpan.FromMilliseconds(_options.TimeoutMs), _time, cancellationToken);
            Volatile.Write(ref _lastAnswer, _time.GetTimestamp());
            EndRest();
            return (true, value);
        }
        catch (Exception e) when (e is RedisException or TimeoutException or InvalidOperationException or ObjectDisposedException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            Volatile.Write(ref _lastFailure, _time.GetTimestamp());
            Rest(answer, sent, e);
            return (false, default);
        }
    }

    /// <summary>
    /// Sends a command that others depend on: also while this process rests, as its trouble may not be theirs. Waits for the answer
    /// like <see cref="TryAsync"/>, but not at all while resting. Dropped when 10,000 are under way already.
    /// </summary>
    /// <returns>Whether Redis said that it was done; otherwise it may have been.</returns>
    public async ValueTask<bool> SendAsync(Func<IDatabase, Task> command, CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _restUntil) == 0) return (await TryAsync(db => Counted(command(db)), cancellationToken)).Answered;
        if (Volatile.Read(ref _underWay) >= MaxUnderWay) return false;
        if (_connection is not { IsValueCreated: true, Value.IsCompletedSuccessfully: true }) return false;
        // Nobody waits for the outcome; a failure is what resting is about.
        _ = Counted(command((await _connection.Value).GetDatabase()))
            .ContinueWith(static sent => sent.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        return false;
    }

    /// <summary>
    /// Hears a channel from now on, also after the connection was lost and is back. Called again for the same channel, it takes
    /// the place of what was there. False when there is no answer within two seconds; the subscription may be made later all the
    /// same.
    /// </summary>
    internal async Task<bool> SubscribeAsync(string channel, Action<string> heard, CancellationToken cancellationToken)
    {
        try
        {
            var subscriber = (await _connection.Value.WaitAsync(SubscribePatience, _time, cancellationToken)).GetSubscriber();
            var name = new RedisChannel(channel, RedisChannel.PatternMode.Literal);
            await subscriber.UnsubscribeAsync(name).WaitAsync(SubscribePatience, _time, cancellationToken);
            await subscriber.SubscribeAsync(name, (_, message) => heard(message!))
                .WaitAsync(SubscribePatience, _time, cancellationToken);
            return true;
        }
        catch (Exception e) when (e is RedisException or TimeoutException or InvalidOperationException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return false;
        }
    }

    private void Lost()
    {
        Volatile.Write(ref _lastFailure, _time.GetTimestamp());
        ConnectionChanged?.Invoke();
    }

    private void Rest(Task answer, long sent, Exception reason)
    {
        var (revived, answered) = (Volatile.Read(ref _revived), Volatile.Read(ref _lastAnswer));
        // Caught in a delay that is over.
        if (sent <= revived) return;
        if (Interlocked.Exchange(ref _restUntil, Later(_time.GetTimestamp())) == 0)
            _logger.LogWarning("Redis does not answer ({Reason}); going on without it", reason.GetType().Name);
        // Late again, and never in time since it last was: it is not delayed now and then, but slow.
        if (revived == 0 || answered > revived) _ = ReviveAsync(answer);
    }

    private async Task ReviveAsync(Task answer)
    {
        await answer.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!answer.IsCompletedSuccessfully) return;
        Volatile.Write(ref _revived, _time.GetTimestamp());
        EndRest();
    }

    private void EndRest()
    {
        if (Interlocked.Exchange(ref _restUntil, 0) != 0) _logger.LogInformation("Redis answers again");
    }

    private async Task<bool> Counted(Task command)
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

    private async Task<T> RunAsync<T>(Func<IDatabase, Task<T>> command) => await command((await _connection.Value).GetDatabase());

    private long Later(long timestamp) => timestamp + (_time.TimestampFrequency * _options.RestMs / 1000);

    private static async Task<ConnectionMultiplexer> ConnectAsync(string text, Action lost, StackExchangeRedisInstrumentation? tracing)
    {
        var options = ConfigurationOptions.Parse(RedisUrl.ToConfiguration(text));
        options.AbortOnConnectFail = false;
        options.ConnectTimeout = 2000;
        options.SyncTimeout = 1000;
        // Versions 2 would wait longer each time, up to a minute.
        options.ReconnectRetryPolicy = new LinearRetry(2000);
#if USE_ASPIRE
        // Version 1.2 fails at once without a connection. Versions 2 would keep commands and send them when nobody waits for them.
        options.BacklogPolicy = BacklogPolicy.FailFast;
#endif
        options.ClientName = AppDomain.CurrentDomain.FriendlyName;
        var connection = await ConnectionMultiplexer.ConnectAsync(options);
        tracing?.AddConnection(connection);
        connection.ConnectionFailed += (_, _) => lost();
        connection.ConnectionRestored += (_, _) => lost();
        return connection;
    }

    /// <summary>Closes the connection without waiting for commands under way: what they do may be lost.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_connection.IsValueCreated || !_connection.Value.IsCompletedSuccessfully) return;
        await (await _connection.Value).CloseAsync(allowCommandsToComplete: false);
    }
}
