namespace ScaleHub.Core.Platform;

/// <summary>
/// The parts of <c>scheme://user:password@host:port/path?name=value</c>, percent-decoded. <see cref="Uri"/> is not used: it takes
/// a password with some characters for a part of the host, and several hosts for one with an odd name.
/// </summary>
/// <param name="User">Null when the URL names none.</param>
/// <param name="Password">Null when the URL names none. Only <c>/</c>, <c>?</c>, <c>#</c> and <c>%</c> need
/// percent-encoding.</param>
/// <param name="Host">Without the brackets of an IPv6 address.</param>
/// <param name="Port">Null when the URL names none.</param>
/// <param name="Path">Without the first slash; empty when the URL has none.</param>
/// <param name="Parameters">In their order.</param>
internal sealed record ServerUrl(
    string? User, string? Password, string Host, int? Port, string Path, IReadOnlyList<(string Name, string Value)> Parameters)
{
    /// <summary>Takes a URL apart.</summary>
    /// <exception cref="FormatException">The URL is not valid; the message says why, and repeats no secret.</exception>
    public static ServerUrl Parse(string text)
    {
        var rest = text[(text.IndexOf("://", StringComparison.Ordinal) + 3)..];
        if (rest.Contains('#', StringComparison.Ordinal))
            throw new FormatException("It has a '#'; in a user or a password, write %23.");
        var (beforeQuery, query) = Split(rest, rest.IndexOf('?', StringComparison.Ordinal));
        var (authority, path) = Split(beforeQuery, beforeQuery.IndexOf('/', StringComparison.Ordinal));
        // The last one: a password may hold the character itself.
        var at = authority.LastIndexOf('@');
        string? user = null, password = null;
        if (at >= 0)
        {
            var credentials = authority[..at];
            var (name, secret) = Split(credentials, credentials.IndexOf(':', StringComparison.Ordinal));
            user = name.Length > 0 ? Uri.UnescapeDataString(name) : null;
            password = secret is { Length: > 0 } ? Uri.UnescapeDataString(secret) : null;
        }
        if (path?.Contains('@', StringComparison.Ordinal) is true)
            throw new FormatException(
                "It has an '@' behind a '/'; in a user or a password, write / as %2F, and elsewhere @ as %40.");
        var (host, port) = HostAndPort(authority[(at + 1)..]);
        var parameters = (query ?? "").Split('&', StringSplitOptions.RemoveEmptyEntries)
            .Select(pair => Split(pair, pair.IndexOf('=', StringComparison.Ordinal)))
            .Select(pair => (Uri.UnescapeDataString(pair.Before), Uri.UnescapeDataString(pair.After ?? ""))).ToList();
        return new(user, password, host, port, Uri.UnescapeDataString(path ?? ""), parameters);
    }

    private static (string Host, int? Port) HostAndPort(string text)
    {
        if (text.Contains(',', StringComparison.Ordinal))
            throw new FormatException("It names several hosts; one URL names one host.");
        var end = text.StartsWith('[') ? text.IndexOf(']', StringComparison.Ordinal) + 1 : text.LastIndexOf(':');
        var (host, port) = text.StartsWith('[') ? (text[..end], end < text.Length ? text[(end + 1)..] : null) : Split(text, end);
        host = host.Trim('[', ']');
        if (host.Length == 0) throw new FormatException("It names no host.");
        if (Uri.CheckHostName(host) == UriHostNameType.Unknown)
            throw new FormatException("Its host is not valid; in a user or a password, write / as %2F and ? as %3F.");
        if (port is null) return (host, null);
        return ushort.TryParse(port, System.Globalization.CultureInfo.InvariantCulture, out var number) && number > 0
            ? (host, number)
            : throw new FormatException(
                "Its port is not a number from 1 to 65535; in a user or a password, write / as %2F and ? as %3F.");
    }

    private static (string Before, string? After) Split(string text, int at)
        => at < 0 ? (text, null) : (text[..at], text[(at + 1)..]);
}
