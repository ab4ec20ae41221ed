namespace ScaleHub.Core.Platform.Redis;

/// <summary>Accepts <c>redis://user:password@host:port/database</c> (<c>rediss://</c> for TLS) beside StackExchange.Redis's own form.</summary>
public static class RedisUrl
{
    /// <summary>The StackExchange.Redis form of a URL (the scheme of the IANA registration); anything else as it is.</summary>
    /// <exception cref="FormatException">It begins like a URL but is none.</exception>
    public static string ToConfiguration(string text)
    {
        var tls = text.StartsWith("rediss://", StringComparison.OrdinalIgnoreCase);
        if (!tls && !text.StartsWith("redis://", StringComparison.OrdinalIgnoreCase)) return text;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri))
            throw new FormatException("The Redis URL is not valid; expected redis://user:password@host:port/database.");
        var parts = new List<string> { $"{uri.Host}:{(uri.Port > 0 ? uri.Port : 6379)}" };
        if (uri.UserInfo.Split(':', 2) is [_, { Length: > 0 } password]) parts.Add($"password={Uri.UnescapeDataString(password)}");
        if (uri.AbsolutePath.Length > 1) parts.Add($"defaultDatabase={uri.AbsolutePath[1..]}");
        if (tls) parts.Add("ssl=true");
        return string.Join(',', parts);
    }
}
