using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace ScaleHub.Core.Platform.Redis;

/// <summary>
/// The one connection of a process, made with the first command. The library connects again by itself when it is lost; only when
/// making it fails altogether does the next command begin anew.
/// </summary>
internal sealed class RedisConnection(ConfigurationOptions configuration) : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private Task<ConnectionMultiplexer>? _making;
    private ConnectionMultiplexer? _made;
    private Action<IConnectionMultiplexer>? _connected;

    /// <summary>The connection, if it has been made; it may be lost at the moment.</summary>
    public ConnectionMultiplexer? Made => Volatile.Read(ref _made);

    /// <summary>Raised when the connection is lost (false) and when it is back (true).</summary>
    public event Action<bool>? Changed;

    /// <summary>Reads the connection string <c>redis</c>.</summary>
    /// <exception cref="OptionsValidationException">There is none, or it is not valid.</exception>
    public static ConfigurationOptions Configure(IConfiguration configuration)
    {
        if (configuration.GetConnectionString("redis") is not { Length: > 0 } text)
            throw Invalid(
                "No connection string 'redis'. Set ConnectionStrings__redis (or REDIS_URL), or start through the AppHost.");
        ConfigurationOptions options;
        try
        {
            options = RedisUrl.Parse(text);
        }
        catch (FormatException e)
        {
            throw Invalid(e.Message);
        }
        options.AbortOnConnectFail = false;
        options.ConnectTimeout = 2000;
        options.SyncTimeout = 1000;
        // Longer than RedisOptions.SilenceMs: a command waits this long only while Redis answers other commands.
        options.AsyncTimeout = 5000;
        // The default waits longer each time, up to a minute.
        options.ReconnectRetryPolicy = new LinearRetry(2000);
        // By default the library keeps commands while there is no connection, and sends them when nobody waits for them any more.
        options.BacklogPolicy = BacklogPolicy.FailFast;
        options.ClientName = AppDomain.CurrentDomain.FriendlyName;
        return options;
    }

    private static OptionsValidationException Invalid(string message)
        => new("ConnectionStrings", typeof(RedisOptions), [message]);

    /// <summary>Waits for the connection to be made.</summary>
    public Task<ConnectionMultiplexer> GetAsync()
    {
        if (Volatile.Read(ref _making) is { IsFaulted: false } making) return making;
        lock (_lock)
        {
            if (_making is not { IsFaulted: false }) Volatile.Write(ref _making, MakeAsync());
            return _making!;
        }
    }

    /// <summary>Calls <paramref name="connected"/> once: when the connection is made, or now if it is.</summary>
    public void WhenMade(Action<IConnectionMultiplexer> connected)
    {
        lock (_lock)
        {
            if (_made is null)
            {
                _connected += connected;
                return;
            }
        }
        connected(_made);
    }

    private async Task<ConnectionMultiplexer> MakeAsync()
    {
        var connection = await ConnectionMultiplexer.ConnectAsync(configuration);
        connection.ConnectionFailed += (_, _) => Changed?.Invoke(false);
        connection.ConnectionRestored += (_, _) => Changed?.Invoke(true);
        Action<IConnectionMultiplexer>? connected;
        lock (_lock) (_made, connected) = (connection, _connected);
        connected?.Invoke(connection);
        return connection;
    }

    /// <summary>Closes the connection without waiting for commands under way: what they do may be lost.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Made is { } connection) await connection.CloseAsync(allowCommandsToComplete: false);
    }
}
