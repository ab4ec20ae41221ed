using System.Globalization;
using StackExchange.Redis;

namespace ScaleHub.Core.Platform.Redis;

/// <summary>Accepts <c>redis://user:password@host:port/database</c> (<c>rediss://</c> for TLS) beside StackExchange.Redis's own form.</summary>
public static class RedisUrl
{
    /// <summary>What a connection string says. User and password of a URL are percent-decoded, and may hold any
    /// character.</summary>
    /// <exception cref="FormatException">It is neither a URL (the scheme of the IANA registration) nor of the client's
    /// form.</exception>
    public static ConfigurationOptions Parse(string text)
    {
        var tls = text.StartsWith("rediss://", StringComparison.OrdinalIgnoreCase);
        try
        {
            if (!tls && !text.StartsWith("redis://", StringComparison.OrdinalIgnoreCase)) return ConfigurationOptions.Parse(text);
        }
        catch (ArgumentException)
        {
            // The reason is left out: it may repeat a part of the string, which can hold a password.
            throw Invalid();
        }
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Host.Length == 0) throw Invalid();
        var options = new ConfigurationOptions { Ssl = tls };
        options.EndPoints.Add(uri.Host, uri.Port > 0 ? uri.Port : 6379);
        if (uri.UserInfo.Split(':', 2) is [var user, var password])
        {
            if (user.Length > 0) options.User = Uri.UnescapeDataString(user);
            if (password.Length > 0) options.Password = Uri.UnescapeDataString(password);
        }
        if (uri.AbsolutePath.Length > 1)
        {
            var number = uri.AbsolutePath.AsSpan(1);
            options.DefaultDatabase = int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var database)
                ? database : throw Invalid();
        }
        return options;
    }

    private static FormatException Invalid() => new(
        "The connection string 'redis' is not valid; "
        + "expected redis://user:password@host:port/database or host:port,password=….");
}
