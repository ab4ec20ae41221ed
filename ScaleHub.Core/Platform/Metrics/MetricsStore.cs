using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using ScaleHub.Core.Platform.Consistency;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;

namespace ScaleHub.Core.Platform.Metrics;

/// <summary>A company's figures of a minute.</summary>
internal readonly record struct MinuteRow(Guid CompanyId, DateTimeOffset Minute, StoredFigures Figures);

/// <summary>When a user was last there.</summary>
internal readonly record struct SeenUser(Guid CompanyId, Guid UserId, DateTimeOffset At);

/// <summary>Writes figures of all companies, as the platform. Each call is one transaction.</summary>
public sealed class MetricsStore(IServiceScopeFactory scopes)
{
    // Rows of some hundred bytes: a statement of some hundred kilobytes.
    private const int AtATime = 1000;

    /// <summary>Writes what an instance has seen of some minutes, in place of what it wrote of them before.</summary>
    internal async Task WriteAsync(
        string instance, IReadOnlyCollection<MinuteRow> minutes, IReadOnlyCollection<SeenUser> seen, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateScopeOf(Tenant.Platform);
        // Nobody has to see these writes at once: what they would need to know costs a round trip.
        scope.ServiceProvider.GetRequiredService<ReadConsistency>().HasNoReader = true;
        var db = scope.ServiceProvider.GetRequiredService<ScaleHubDb>();
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var connection = db.TransactionConnection;
        foreach (var rows in minutes.Chunk(AtATime)) await WriteMinutesAsync(connection, instance, rows, cancellationToken);
        // All instances in one order: two that write the same users must not wait for each other.
        foreach (var users in seen.OrderBy(s => s.CompanyId).ThenBy(s => s.UserId).Chunk(AtATime))
            await WriteSeenAsync(connection, users, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>Writes the figures of an hour, a day or a week, in place of what was written before.</summary>
    public async Task WriteRollupsAsync(
        string step, DateTimeOffset startsAt, IReadOnlyDictionary<Guid, CompanyFigures> companies, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateScopeOf(Tenant.Platform);
        // Nobody has to see these writes at once: what they would need to know costs a round trip.
        scope.ServiceProvider.GetRequiredService<ReadConsistency>().HasNoReader = true;
        var db = scope.ServiceProvider.GetRequiredService<ScaleHubDb>();
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        foreach (var rows in companies.Chunk(AtATime))
        {
            await using var insert = new NpgsqlCommand("""
                insert into request_metrics_rollups
                    (company_id, step, starts_at, requests, errors, throttled, cache_lookups, cache_hits, endpoints)
                select c.company_id, $2, $3, c.requests, c.errors, c.throttled, c.lookups, c.hits, c.endpoints
                from unnest($1, $4, $5, $6, $7, $8, $9)
                    c (company_id, requests, errors, throttled, lookups, hits, endpoints)
                on conflict (company_id, step, starts_at) do update set
                    requests = excluded.requests, errors = excluded.errors, throttled = excluded.throttled,
                    cache_lookups = excluded.cache_lookups, cache_hits = excluded.cache_hits, endpoints = excluded.endpoints
                """, db.TransactionConnection);
            Add(insert, rows.Select(r => r.Key));
            insert.Parameters.Add(new() { Value = step });
            insert.Parameters.Add(new() { Value = startsAt });
            AddFigures(insert, [.. rows.Select(r => r.Value.Store())]);
            await insert.ExecuteNonQueryAsync(cancellationToken);
        }
        await transaction.CommitAsync(cancellationToken);
    }

    private static async Task WriteMinutesAsync(
        NpgsqlConnection connection, string instance, MinuteRow[] rows, CancellationToken cancellationToken)
    {
        await using var insert = new NpgsqlCommand("""
            insert into request_metrics
                (company_id, minute, instance, requests, errors, throttled, cache_lookups, cache_hits, endpoints)
            select c.company_id, c.minute, $2, c.requests, c.errors, c.throttled, c.lookups, c.hits, c.endpoints
            from unnest($1, $3, $4, $5, $6, $7, $8, $9)
                c (company_id, minute, requests, errors, throttled, lookups, hits, endpoints)
            on conflict (company_id, minute, instance) do update set
                requests = excluded.requests, errors = excluded.errors, throttled = excluded.throttled,
                cache_lookups = excluded.cache_lookups, cache_hits = excluded.cache_hits, endpoints = excluded.endpoints
            """, connection);
        Add(insert, rows.Select(r => r.CompanyId));
        insert.Parameters.Add(new() { Value = instance });
        Add(insert, rows.Select(r => r.Minute));
        AddFigures(insert, [.. rows.Select(r => r.Figures)]);
        await insert.ExecuteNonQueryAsync(cancellationToken);
    }

    // A user who is there all the time is written once a minute.
    private static async Task WriteSeenAsync(
        NpgsqlConnection connection, SeenUser[] users, CancellationToken cancellationToken)
    {
        await using var upsert = new NpgsqlCommand("""
            insert into user_activity (company_id, user_id, last_seen_at)
            select s.company_id, s.user_id, s.at from unnest($1, $2, $3) s (company_id, user_id, at)
            where not exists (select from user_activity a
                where a.company_id = s.company_id and a.user_id = s.user_id and a.last_seen_at > s.at - interval '1 minute')
            on conflict (company_id, user_id) do update set last_seen_at = greatest(user_activity.last_seen_at, excluded.last_seen_at)
            """, connection);
        Add(upsert, users.Select(u => u.CompanyId));
        Add(upsert, users.Select(u => u.UserId));
        Add(upsert, users.Select(u => u.At));
        await upsert.ExecuteNonQueryAsync(cancellationToken);
    }

    private static void AddFigures(NpgsqlCommand insert, StoredFigures[] rows)
    {
        Add(insert, rows.Select(f => f.Requests));
        Add(insert, rows.Select(f => f.Errors));
        Add(insert, rows.Select(f => f.Throttled));
        Add(insert, rows.Select(f => f.CacheLookups));
        Add(insert, rows.Select(f => f.CacheHits));
        Add(insert, rows.Select(f => f.Endpoints));
    }

    private static void Add<T>(NpgsqlCommand command, IEnumerable<T> values)
        => command.Parameters.Add(new NpgsqlParameter<T[]> { TypedValue = [.. values] });
}
