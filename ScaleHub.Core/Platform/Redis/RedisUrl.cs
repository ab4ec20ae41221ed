using System.Globalization;
using StackExchange.Redis;

namespace ScaleHub.Core.Platform.Redis;

/// <summary>Accepts <c>redis://user:password@host:port/database</c> (<c>rediss://</c> for TLS) beside StackExchange.Redis's own
/// form.</summary>
public static class RedisUrl
{
    private const int DefaultPort = 6379;

    /// <summary>What a connection string says. User and password of a URL are percent-decoded, and may hold any
    /// character.</summary>
    /// <exception cref="FormatException">The text is neither a <c>redis://</c> or <c>rediss://</c> URL nor a connection string of
    /// StackExchange.Redis.</exception>
    public static ConfigurationOptions Parse(string text)
    {
        var tls = text.StartsWith("rediss://", StringComparison.OrdinalIgnoreCase);
        try
        {
            if (!tls && !text.StartsWith("redis://", StringComparison.OrdinalIgnoreCase))
                return ConfigurationOptions.Parse(text) is { EndPoints.Count: > 0 } own
                    ? own : throw Invalid("It names no host.");
        }
        catch (Exception e) when (e is ArgumentException or OverflowException)
        {
            // The reason is left out: it may repeat a part of the string, which can hold a password.
            throw Invalid();
        }
        ServerUrl url;
        try
        {
            url = ServerUrl.Parse(text);
        }
        catch (FormatException e)
        {
            throw Invalid(e.Message);
        }
        // The registration of the scheme knows parameters that this client has no use for; ignoring one would be a lie.
        if (url.Parameters is [var (name, _), ..]) throw Invalid($"Its parameter '{name}' is not supported.");
        var options = new ConfigurationOptions { Ssl = tls, User = url.User, Password = url.Password };
        // Without a password the client would not sign in at all, and be the user "default".
        if (url.User is not null) options.Password ??= "";
        options.EndPoints.Add(url.Host, url.Port ?? DefaultPort);
        if (url.Path.Length > 0)
            options.DefaultDatabase = int.TryParse(url.Path, NumberStyles.None, CultureInfo.InvariantCulture, out var database)
                ? database
                : throw Invalid("Its path must be the number of a database.");
        return options;
    }

    private static FormatException Invalid(string why = "") => new(
        $"The connection string 'redis' (ConnectionStrings__redis, or REDIS_URL) is not valid. {why}{(why.Length > 0 ? " " : "")}"
        + "Expected redis://user:password@host:port/database or host:port,password=….");
}
