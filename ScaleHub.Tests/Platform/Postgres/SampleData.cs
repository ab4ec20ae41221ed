using System.Text.RegularExpressions;
using Npgsql;

namespace ScaleHub.Tests.Platform.Postgres;

/// <summary>
/// Fills every tenant table, as the live catalogue lists them, with made-up rows that satisfy its constraints: a new table is
/// filled, and thereby tested, without anybody thinking of it. Row n has the identifier <c>sample_id(n)</c> in every table,
/// belongs to company n modulo <c>companies</c>, and refers to rows of that company. What the catalogue cannot tell stands in
/// two small maps.
/// <para>Its present, <c>sample_now()</c>, is noon of the 15th of this month (UTC): how full the partitions of a day and of a
/// month are does not depend on when the tests run.</para>
/// </summary>
internal sealed partial class SampleData
{
    // Values that a check constraint wants, by column or by table and column.
    private static readonly Dictionary<string, string> Values = new()
    {
        ["currency"] = "'EUR'",
        ["country"] = "'DE'",
        ["email"] = "'sample-' || n || '@company.example'",
        ["mailbox"] = "'BOX-' || n",
        ["price_code"] = "'cards.pack'",
        ["plan"] = "'BASIC'",
        ["period_yyyymm"] = "202501 + n / {companies} % 12",
        ["quota_counters.resource"] = "(select array_agg(resource order by place) from quotas)[n % 5 + 1]",
        ["line"] = "n / {companies} + 1",
        ["size_bytes"] = "32",
        ["files.size_bytes"] = "32",
        ["files.sha256"] = "sha256(n::text::bytea)",
        // One in ten is attached to nothing.
        ["files.expires_at"] = "case when n / {companies} % 10 = 0 then sample_now() + n * interval '1 minute' end",
        ["idempotency_keys.status"] = "200",
        ["idempotency_keys.day"] = "(sample_now() at time zone 'utc')::date",
        ["audit_log.action"] = "(array['task.updated', 'task.created', 'user.signed_in'])[n / {companies} % 3 + 1]",
        ["audit_log.kind"] = "(array['task', 'task', 'user'])[n / {companies} % 3 + 1]",
        ["finished_jobs.finished_at"] = "sample_now()",
        ["minute"] = "sample_now() - (n / {companies} % 10000) * interval '1 minute'",
        ["invoices.number"] = "n + 1",
        ["credit_notes.number"] = "n + 1",
        // A company has one that is not over.
        ["subscriptions.status"] = "case when n < {companies} then 'active' else 'cancelled' end",
        ["subscriptions.cancelled_at"] = "case when n >= {companies} then sample_now() end",
        ["user_totps.secret"] = "sha256('1') || sha256(n::text::bytea)",
        ["webhooks.events"] = "array['task.created']",
        ["webhooks.secret"] = "sha256('1') || sha256(n::text::bytea)",
        // Within the days that are kept.
        ["webhook_deliveries.id"] = "(left(uuid7_floor(sample_now() - n % 4000 * interval '5 minutes')::text, 14) "
            + "|| '7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid",
        ["alerts.state"] = "'pending'",
        // CompanyFigures: the form, and no endpoints.
        ["request_metrics.endpoints"] = "'\\x0100'::bytea",
        ["request_metrics_rollups.endpoints"] = "'\\x0100'::bytea",
        ["request_metrics_rollups.step"] = "'hour'",
        ["request_metrics_rollups.starts_at"] = "sample_now() - (n / {companies} % 8000) * interval '1 hour'",
    };

    // Columns whose value must agree with another's: their default does.
    private static readonly HashSet<string> LeftAtDefault =
        ["invoices.status", "payments.status", "exports.status", "webhooks.disabled"];

    private readonly Dictionary<string, List<(string Column, string Expression)>> _tables = [];
    private readonly int _companies;

    private SampleData(int companies) => _companies = companies;

    /// <summary>Every tenant table, those that others refer to first; companies leads.</summary>
    public IReadOnlyCollection<string> Tables => _tables.Keys;

    /// <summary>Reads the catalogue, creates <c>sample_id</c> and <c>sample_now</c>, and makes the partitions for them.</summary>
    public static async Task<SampleData> PrepareAsync(NpgsqlDataSource owner, int companies)
    {
        await using (var create = owner.CreateCommand("""
            do $$ begin
                execute format('create function sample_now() returns timestamptz language sql immutable return %L::timestamptz',
                    date_trunc('month', now(), 'utc') + interval '14 days 12 hours');
            end $$;
            -- From any day to the 15th and the days before it.
            update partitioned_tables set ahead = '20 days', keep = '20 days' where step = '1 day';
            select make_partitions();
            create function sample_id(n int) returns uuid language sql stable as
                $$ select (left(uuid7_floor(sample_now() - n * interval '5 minutes')::text, 14)
                    || '7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid $$
            """)) await create.ExecuteNonQueryAsync();
        var data = new SampleData(companies);
        await data.ReadAsync(owner);
        return data;
    }

    /// <summary>A statement that adds the rows <paramref name="first"/> to <paramref name="last"/>.</summary>
    public string Insert(string table, int first, int last)
        => $"insert into {table} ({string.Join(", ", _tables[table].Select(c => c.Column))}) " +
           $"select {string.Join(", ", _tables[table].Select(c => c.Expression))} from generate_series({first}, {last}) n";

    /// <summary>Adds that many rows to every table, fewer where a unique constraint has no place for them.</summary>
    public async Task FillAsync(NpgsqlDataSource owner, int rows)
    {
        await using var connection = await owner.OpenConnectionAsync();
        foreach (var table in Tables)
        {
            var sql = Insert(table, 0, (table == "companies" ? _companies : rows) - 1) + " on conflict do nothing";
            await using var insert = new NpgsqlCommand(sql, connection) { CommandTimeout = 300 };
            await insert.ExecuteNonQueryAsync();
            // A trigger may have filled it with those of another.
            await using var any = new NpgsqlCommand($"select exists (select from {table})", connection);
            Assert.True((bool)(await any.ExecuteScalarAsync())!, $"no row for {table}");
        }
        await using var analyze = new NpgsqlCommand("vacuum analyze", connection) { CommandTimeout = 300 };
        await analyze.ExecuteNonQueryAsync();
    }

    private async Task ReadAsync(NpgsqlDataSource owner)
    {
        // One row per column that gets a value: not null without default, an enumeration, or a reference.
        await using var command = owner.CreateCommand("""
            with recursive tables as (
                select c.oid, c.relname::text as name from pg_class c
                where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
                  and (c.relname = 'companies'
                        or exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'company_id'))
            ), refs as (
                select k.conrelid, k.confrelid, k.conkey[array_position(k.confkey, f.attnum)] as attnum
                from pg_constraint k join pg_attribute f on f.attrelid = k.confrelid and f.attname = 'id'
                where k.contype = 'f' and f.attnum = any (k.confkey) and k.conparentid = 0
            ), depths as (
                select oid, 0 as depth from tables
                union select r.conrelid, d.depth + 1 from depths d join refs r on r.confrelid = d.oid
            )
            select t.name, a.attname::text, format_type(a.atttypid, null), p.relname::text,
                   (select string_agg(pg_get_constraintdef(k.oid), ' ') from pg_constraint k
                    where k.conrelid = t.oid and k.contype = 'c' and a.attnum = any (k.conkey)),
                   exists (select from pg_index i where i.indrelid = t.oid and i.indisunique and a.attnum = any (i.indkey)
                           and i.indnkeyatts = 2),
                   a.attnotnull, a.atthasdef
            from tables t
            join pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' and a.attidentity = ''
            left join refs r on r.conrelid = t.oid and r.attnum = a.attnum and a.attname <> 'company_id'
            left join pg_class p on p.oid = r.confrelid
            order by (select max(depth) from depths d where d.oid = t.oid), t.name, a.attnum
            """);
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            string? Text(int i) => reader.IsDBNull(i) ? null : reader.GetString(i);
            var (table, column, parent, checks) = (reader.GetString(0), reader.GetString(1), Text(3), Text(4) ?? "");
            var expression = Expression(table, column, reader.GetString(2), parent, checks, unique: reader.GetBoolean(5),
                required: reader.GetBoolean(6), defaulted: reader.GetBoolean(7));
            if (!_tables.TryGetValue(table, out var columns)) _tables[table] = columns = [];
            if (expression is null) continue;
            columns.Add((column, expression.Replace("{companies}", $"{_companies}", StringComparison.Ordinal)));
        }
    }

    private static string? Expression(
        string table, string column, string type, string? parent, string checks, bool unique, bool required, bool defaulted)
    {
        if (column == "company_id" || (table == "companies" && column == "id")) return "sample_id(n % {companies})";
        // A reference without a foreign key, as from a partition that is dropped one day, is filled like one with.
        if (parent is not null || (type == "uuid" && column.EndsWith("_id", StringComparison.Ordinal)))
        {
            // Few to refer to, so that the lists of each are long.
            var parents = parent == "users" ? 2 : 4;
            var row = unique ? "n" : $"n % {{companies}} + {{companies}} * (n / {{companies}} % {parents})";
            return required ? $"sample_id({row})" : $"case when n / {{companies}} % 10 > 0 then sample_id({row}) end";
        }
        if (LeftAtDefault.Contains($"{table}.{column}")) return null;
        if (Values.GetValueOrDefault($"{table}.{column}") is { } known) return known;
        if (Enumeration().Matches(checks).FirstOrDefault(m => m.Groups[1].Value == column) is { } match)
            return $"(array[{match.Groups[2].Value}])[1 + n / {{companies}} % array_length(array[{match.Groups[2].Value}], 1)]";
        if (!required || defaulted) return null;
        return Values.GetValueOrDefault(column) ?? type switch
        {
            "uuid" => "sample_id(n)",
            "text" => "'sample-' || n",
            "integer" or "bigint" or "double precision" => "1",
            "tsvector" => "to_tsvector('simple', 'sample ' || n)",
            "boolean" => "n % 2 = 0",
            "bytea" => "sha256(n::text::bytea)",
            "timestamp with time zone" => "sample_now() - n * interval '1 minute'",
            _ => throw new NotSupportedException($"{table}.{column}: say in SampleData what a {type} may be"),
        };
    }

    [GeneratedRegex(@"\((\w+) = ANY \(ARRAY\[([^]]+)\]")]
    private static partial Regex Enumeration();
}
