using System.Globalization;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Modules.Exports;

/// <summary>What a list costs the worker does not grow with the list.</summary>
[Collection(PostgresTests.Name)]
public sealed class LargeExportTests(PostgresServer server) : IDisposable
{
    private const int Rows = 1_000_000, Gone = 50_000;

    private readonly string _files = Directory.CreateTempSubdirectory("scalehub-test-files").FullName;

    public void Dispose() => Directory.Delete(_files, recursive: true);

    [Fact]
    public async Task A_million_rows_are_exported_once_each_by_a_worker_that_stays_small_although_one_is_killed_and_rows_are_deleted()
    {
        var database = await server.CreateDatabaseAsync();
        var (company, user) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        // Without the checks of a million foreign keys.
        await PostgresServer.ExecuteAsync(database.Owner, $$"""
            insert into companies (id, name) values ('{{company}}', 'c');
            insert into users (company_id, id, email, password_hash, role) values ('{{company}}', '{{user}}', 'a@a.example', 'x', 'owner');
            set session_replication_role = replica;
            insert into usage_charges (company_id, id, user_id, period_yyyymm, price_code, quantity, unit_price_minor, amount_minor, currency)
            select '{{company}}', (left(uuid7_floor(now())::text, 14) || '7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, '{{user}}',
                202501, 'cards.pack', 1, n, n, 'EUR'
            from generate_series(1, {{Rows}}) n;
            set session_replication_role = default;
            analyze usage_charges;
            insert into jobs (company_id, id, kind, payload, created_by)
            values ('{{company}}', gen_random_uuid(), 'exports.list', '{"list":"charges"}', '{{user}}')
            """);
        await using var workers = new WorkerProcesses(
            ("ConnectionStrings__scalehub", database.App.Replace("Pooling=false", "Pooling=true", StringComparison.Ordinal)),
            ("ConnectionStrings__redis", "127.0.0.1:1"), ("ScaleHub__Secret", PostgresServer.Secret), ("Blobs__Folder", _files),
            ("Jobs__LeaseSeconds", "3"));
        workers.Start();
        await UntilAsync("attempts = 1 and progress > 5");
        await workers.KillAsync(0);
        workers.Start();
        await UntilAsync("attempts = 2 and progress > 1");
        await PostgresServer.ExecuteAsync(database.Owner, $"delete from usage_charges where unit_price_minor % {Gone} = 0");
        await UntilAsync("state = 'succeeded'");
        var peak = workers.PeakMemory(0);

        // The killed worker's file is never complete, and the sweep has its row.
        var file = Assert.Single(await PostgresServer.QueryAsync(database.Owner, "select id from files where size_bytes is not null"));
        Assert.Single(await PostgresServer.QueryAsync(database.Owner, "select id from files where size_bytes is null and expires_at is not null"));
        var lines = File.ReadLines(Path.Combine(_files, $"{company:n}", $"{Guid.Parse(file):n}"));
        var found = lines.Skip(1).Select(l => int.Parse(l.AsSpan(l.IndexOf(',', StringComparison.Ordinal) - 12, 12), NumberStyles.HexNumber, null)).ToList();
        Assert.Equal(found.Distinct(), found);
        Assert.Empty(Enumerable.Range(1, Rows).Where(n => n % Gone != 0).Except(found));
        // About 95 MB, and 90 MB of shared program files; the rows as objects or as text have several hundred.
        Assert.InRange(peak, 0, 150_000_000);

        Task UntilAsync(string what) => Poll.UntilAsync(async () => Assert.Single(await PostgresServer.QueryAsync(
            database.Owner, $"select id from {(what.StartsWith("state", StringComparison.Ordinal) ? "job_history" : "jobs")} where kind = 'exports.list' and {what}")), seconds: 300);
    }
}
