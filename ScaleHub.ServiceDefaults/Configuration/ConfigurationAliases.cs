using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Memory;

namespace ScaleHub.ServiceDefaults.Configuration;

/// <summary>
/// The environment variables of ScaleHub's predecessors, accepted under their old names: <c>DB_POOL_MAX</c>, <c>DB_POOL_MIN</c>,
/// <c>DB_REPLICA_POOL_MAX</c>, <c>DB_REPLICA_POOL_MIN</c> (connections), <c>DATABASE_URL</c>, <c>DATABASE_READ_REPLICAS</c> (URLs
/// separated by commas), <c>REDIS_URL</c> and <c>APP_NAME</c>.
/// <para>They go to the bottom of the configuration, so that a new name wins wherever it is set. A value that cannot be meant
/// stops the start with a line that names the variable; URLs are never repeated in it, since they hold passwords.</para>
/// </summary>
public static partial class ConfigurationAliases
{
    private const string ReplicaPrefix = "scalehub-replica-";
    private const int MostConnections = 1000;

    /// <summary>Adds the aliases that are set.</summary>
    /// <exception cref="ConfigurationException">A value is not usable.</exception>
    public static void Add(IConfigurationManager configuration)
    {
        var values = new Dictionary<string, string?>();
        Connections("DB_POOL_MAX", "Postgres:Pool:Max", least: 1);
        Connections("DB_POOL_MIN", "Postgres:Pool:Min", least: 0);
        Connections("DB_REPLICA_POOL_MAX", "Postgres:ReplicaPool:Max", least: 1);
        Connections("DB_REPLICA_POOL_MIN", "Postgres:ReplicaPool:Min", least: 0);
        if (Value("DATABASE_URL") is { } database) values["ConnectionStrings:scalehub"] = Postgres("DATABASE_URL", database);
        Replicas();
        if (Value("REDIS_URL") is { } redis) values["ConnectionStrings:redis"] = Redis(redis);
        if (Value("APP_NAME") is { } name) values["Redis:Prefix"] = Name(name);
        if (values.Count > 0) configuration.Sources.Insert(0, new MemoryConfigurationSource { InitialData = values });

        string? Value(string variable) => configuration[variable]?.Trim() is { Length: > 0 } value ? value : null;

        void Connections(string variable, string key, int least)
        {
            if (Value(variable) is not { } text) return;
            if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                || number < least || number > MostConnections)
                throw new ConfigurationException(
                    $"{variable} must be a number from {least} to {MostConnections}; it is '{text}'.");
            values[key] = text;
        }

        // The list is taken as a whole: mixing it with replicas under the new names would give nodes that nobody asked for.
        void Replicas()
        {
            const string Variable = "DATABASE_READ_REPLICAS";
            if (Value(Variable) is not { } list || configuration.GetSection("ConnectionStrings").GetChildren()
                .Any(c => c.Key.StartsWith(ReplicaPrefix, StringComparison.OrdinalIgnoreCase))) return;
            var urls = list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            for (var i = 0; i < urls.Length; i++)
                values[$"ConnectionStrings:{ReplicaPrefix}{i + 1}"] = Postgres($"{Variable} (entry {i + 1})", urls[i]);
        }
    }

    private static string Postgres(string variable, string text)
        => IsUrl(text, "postgres", "postgresql") || (!text.Contains("://", StringComparison.Ordinal) && text.Contains('='))
            ? text
            : throw new ConfigurationException($"{variable} must look like postgresql://user:password@host:port/database.");

    private static string Redis(string text)
        => IsUrl(text, "redis", "rediss") || !text.Contains("://", StringComparison.Ordinal)
            ? text
            : throw new ConfigurationException("REDIS_URL must look like redis://user:password@host:port/database.");

    private static bool IsUrl(string text, params ReadOnlySpan<string> schemes)
        // What follows is read, and judged, where it is used (PostgresUrl, RedisUrl): a password may hold what Uri does not take.
        => text.IndexOf("://", StringComparison.Ordinal) is > 0 and var end && text.Length > end + 3
            && schemes.Contains(text[..end].ToLowerInvariant());

    // Part of every Redis key: braces or colons would change what the key means to a cluster, and to the code that builds it.
    private static string Name(string text)
        => NamePattern().IsMatch(text)
            ? text
            : throw new ConfigurationException("APP_NAME may have letters, digits, '.', '-' and '_', 64 at most.");

    [GeneratedRegex("^[A-Za-z0-9._-]{1,64}$")]
    private static partial Regex NamePattern();
}
