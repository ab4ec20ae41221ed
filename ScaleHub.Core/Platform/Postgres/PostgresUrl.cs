using Npgsql;

namespace ScaleHub.Core.Platform.Postgres;

/// <summary>Accepts <c>postgresql://user:password@host:port/database?sslmode=…</c> wherever a connection string is expected.</summary>
public static class PostgresUrl
{
    /// <summary>The Npgsql form of a URL (libpq's URI syntax, one host); anything else is returned as it is.</summary>
    /// <exception cref="FormatException">It begins like a URL but is none.</exception>
    public static string ToConnectionString(string text)
    {
        if (!text.StartsWith("postgres://", StringComparison.OrdinalIgnoreCase)
            && !text.StartsWith("postgresql://", StringComparison.OrdinalIgnoreCase)) return text;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri))
            throw new FormatException("The database URL is not valid; expected postgresql://user:password@host:port/database.");

        var builder = new NpgsqlConnectionStringBuilder { Host = uri.Host, Port = uri.Port > 0 ? uri.Port : 5432 };
        var credentials = uri.UserInfo.Split(':', 2);
        if (credentials[0].Length > 0) builder.Username = Uri.UnescapeDataString(credentials[0]);
        if (credentials.Length > 1) builder.Password = Uri.UnescapeDataString(credentials[1]);
        if (uri.AbsolutePath.Length > 1) builder.Database = Uri.UnescapeDataString(uri.AbsolutePath[1..]);
        foreach (var pair in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var (key, value) = pair.Split('=', 2) is [var k, var v] ? (k, Uri.UnescapeDataString(v)) : (pair, "");
            if (key.Equals("sslmode", StringComparison.OrdinalIgnoreCase)) builder["SSL Mode"] = value.Replace("-", "", StringComparison.Ordinal);
        }
        return builder.ConnectionString;
    }
}
