using Npgsql;

namespace ScaleHub.Core.Platform.Postgres;

/// <summary>
/// Accepts <c>postgresql://user:password@host:port/database?sslmode=…</c> wherever a connection string is expected (libpq's URI
/// syntax, PostgreSQL 17 documentation, 32.1.1.2). Every part and parameter is kept, or refused by its name.
/// </summary>
public static class PostgresUrl
{
    private const int DefaultPort = 5432;

    // libpq's parameters, and what Npgsql calls them.
    private static readonly Dictionary<string, string> Keywords = new(StringComparer.OrdinalIgnoreCase)
    {
        ["sslmode"] = "SSL Mode",
        ["sslrootcert"] = "Root Certificate",
        ["sslcert"] = "SSL Certificate",
        ["sslkey"] = "SSL Key",
        ["sslpassword"] = "SSL Password",
        ["sslnegotiation"] = "SSL Negotiation",
        ["channel_binding"] = "Channel Binding",
        ["gssencmode"] = "GSS Encryption Mode",
        ["krbsrvname"] = "Kerberos Service Name",
        ["options"] = "Options",
        ["client_encoding"] = "Client Encoding",
        ["application_name"] = "Application Name",
        ["passfile"] = "Passfile",
        ["user"] = "Username",
        ["password"] = "Password",
        ["dbname"] = "Database",
    };

    // What a setting of ScaleHub decides, whatever the connection string says.
    private static readonly Dictionary<string, string> Settings = new(StringComparer.OrdinalIgnoreCase)
    {
        ["connect_timeout"] = "set Postgres__ConnectTimeoutSeconds instead",
        ["target_session_attrs"] = "leave it out, as each node is asked whether it is the primary",
        ["load_balance_hosts"] = "leave it out, as each node has a connection string of its own",
    };

    /// <summary>The Npgsql form of a URL; anything else is returned as it is.</summary>
    /// <exception cref="FormatException">
    /// It begins like a URL and is none, or it names several hosts or a parameter that has no effect. The message says which, and
    /// repeats no value.
    /// </exception>
    public static string ToConnectionString(string text)
    {
        if (!text.StartsWith("postgres://", StringComparison.OrdinalIgnoreCase)
            && !text.StartsWith("postgresql://", StringComparison.OrdinalIgnoreCase)) return OneHost(text);
        var url = ServerUrl.Parse(text);
        var builder = new NpgsqlConnectionStringBuilder { Host = url.Host, Port = url.Port ?? DefaultPort };
        if (url.User is not null) builder.Username = url.User;
        if (url.Password is not null) builder.Password = url.Password;
        if (url.Path.Length > 0) builder.Database = url.Path;
        foreach (var (name, value) in url.Parameters)
        {
            if (Settings.TryGetValue(name, out var instead))
                throw new FormatException($"Its parameter '{name}' has no effect: {instead}.");
            if (!Keywords.TryGetValue(name, out var keyword))
                throw new FormatException($"Its parameter '{name}' is not supported.");
            try
            {
                // verify-full is VerifyFull there.
                builder[keyword] = name.Equals("sslmode", StringComparison.OrdinalIgnoreCase)
                    ? value.Replace("-", "", StringComparison.Ordinal) : value;
            }
            catch (Exception e) when (e is ArgumentException or FormatException or InvalidCastException)
            {
                throw new FormatException($"The value of its parameter '{name}' is not valid.");
            }
        }
        return builder.ConnectionString;
    }

    private static string OneHost(string text)
        => new NpgsqlConnectionStringBuilder(text).Host is { } host && host.Contains(',', StringComparison.Ordinal)
            ? throw new FormatException(
                "It names several hosts; each node has a connection string of its own (scalehub, scalehub-replica-1 …).")
            : text;
}
