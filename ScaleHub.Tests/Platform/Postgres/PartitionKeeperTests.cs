using Npgsql;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Platform.Postgres;

/// <summary>Partitions: there before they are needed, gone when they are too old, and nobody waits for either.</summary>
[Collection(PostgresTests.Name)]
public sealed class PartitionKeeperTests(PostgresServer server) : IAsyncLifetime
{
    private const string Metric =
        "insert into request_metrics values (gen_random_uuid(), date_trunc('minute', now()), 'i', 1, 0, 0, 's')";

    private TestDatabase _database = null!;
    private NpgsqlDataSource? _app;

    public async Task InitializeAsync() => await RenewAsync();

    public async Task DisposeAsync() => await _app!.DisposeAsync();

    // The template may be of the day before: after this there is nothing to make or drop today.
    private async Task RenewAsync()
    {
        if (_app is not null) await _app.DisposeAsync();
        _database = await server.CreateDatabaseAsync();
        _app = NpgsqlDataSource.Create(_database.App);
        await PostgresServer.ExecuteAsync(_database.Owner, """
            insert into companies (id, name) values (gen_random_uuid(), 'c');
            insert into users (company_id, id, email, password_hash, role)
            select id, id, 'a@b.example', 'x', 'owner' from companies where name = 'c';
            """);
        await KeepAsync();
    }

    private Task OnOneDayAsync(Func<Task> test) => UnbrokenDay.RunAsync(async () =>
    {
        await RenewAsync();
        await test();
    });

    [Fact]
    public async Task Every_partitioned_table_is_kept()
        => Assert.Equal(
            await OwnerAsync("select relname::text from pg_class where relkind = 'p' order by relname collate \"C\""),
            await OwnerAsync("select name from partitioned_tables order by name collate \"C\""));

    [Fact]
    public Task After_migrating_there_is_nothing_to_make_or_drop() => UnbrokenDay.RunAsync(async () =>
    {
        var fresh = await server.CreateDatabaseAsync(migrated: false);
        await PostgresServer.MigrateAsync(fresh.Owner);
        await using var app = NpgsqlDataSource.Create(fresh.App);
        var kept = await PartitionKeeper.KeepAsync(app, CancellationToken.None);
        Assert.Equal(0, kept.Made.Count + kept.Busy.Count + kept.Dropped.Count);
    });

    [Fact]
    public Task Inserts_find_a_partition_for_two_weeks_or_half_a_year_when_no_keeper_runs() => OnOneDayAsync(async () =>
    {
        await PostgresServer.ExecuteAsync(_database.Owner, Charge("uuid7_floor(now() + interval '6 months')"));
        await PostgresServer.ExecuteAsync(_database.Owner, """
            insert into idempotency_keys (company_id, request_key, day, body_hash, status)
            values (gen_random_uuid(), sha256('a'), (now() at time zone 'utc')::date + 14, sha256('b'), 200);
            insert into request_metrics
            values (gen_random_uuid(), date_trunc('minute', now() + interval '14 days'), 'i', 1, 0, 0, 's');
            """);
    });

    [Theory]
    [InlineData("first - interval '1 millisecond'", "first - interval '1 month'")]
    [InlineData("first", "first")]
    [InlineData("first + interval '1 month' - interval '1 millisecond'", "first")]
    [InlineData("first + interval '1 month'", "first + interval '1 month'")]
    public async Task Rows_on_both_sides_of_the_end_of_a_month_go_to_their_months(string at, string month)
    {
        // In UTC, whatever the session's time zone; read once, so that it stays the same month.
        var start = (await OwnerAsync("select date_trunc('month', now() at time zone 'utc')::text"))[0];
        var first = $"(select timestamp '{start}' as first) f";
        var id = $"(select uuid7_floor(({at}) at time zone 'utc') from {first})";
        await PostgresServer.ExecuteAsync(_database.Owner, "set time zone 'Pacific/Auckland'; " + Charge(id));
        Assert.Equal(
            await OwnerAsync($"select 'usage_charges_p' || to_char({month}, 'YYYYMMDD') from {first}"),
            await OwnerAsync("select tableoid::regclass::text from usage_charges"));
    }

    [Fact]
    public async Task An_identifier_that_is_not_of_its_time_is_refused()
    {
        var e = await Assert.ThrowsAsync<PostgresException>(() => PostgresServer.ExecuteAsync(
            _database.Owner, Charge("'deadbeef-0000-4000-8000-000000000000'")));
        Assert.Equal(PostgresErrorCodes.CheckViolation, e.SqlState);
    }

    [Fact]
    public Task What_is_missing_is_made_ahead_and_what_is_expired_is_dropped_once() => OnOneDayAsync(async () =>
    {
        await SetAsync("request_metrics", "ahead = '20 days', keep = '20 days'");
        var first = await KeepAsync();
        Assert.Equal(12, first.Made.Count);
        Assert.Empty(first.Dropped);

        await SetAsync("request_metrics", "keep = '14 days'");
        var second = await KeepAsync();
        Assert.Equal(6, second.Dropped.Count);
        Assert.Equal(first.Made.Order(StringComparer.Ordinal).Take(6), second.Dropped);
        Assert.Empty(second.Made);

        var third = await KeepAsync();
        Assert.Equal(0, third.Made.Count + third.Busy.Count + third.Dropped.Count);
    });

    [Fact]
    public Task Money_is_never_dropped() => OnOneDayAsync(async () =>
    {
        Assert.Equal([""], await OwnerAsync("select keep::text from partitioned_tables where name = 'usage_charges'"));
        await SetAsync("usage_charges", "keep = '60 months'");
        Assert.NotEmpty((await KeepAsync()).Made);
        await SetAsync("usage_charges", "keep = null");
        Assert.Empty((await KeepAsync()).Dropped);
    });

    [Fact]
    public Task Several_keepers_at_once_make_and_drop_each_partition_once() => OnOneDayAsync(async () =>
    {
        await SetAsync("request_metrics", "ahead = '30 days'");
        await SetAsync("finished_jobs", "keep = '1 day'");
        var kept = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(KeepAsync)));
        Assert.Equal(16, kept.Sum(k => k.Made.Count));
        Assert.Equal(6, kept.Sum(k => k.Dropped.Count));
        Assert.All(kept, k => Assert.Empty(k.Busy));
    });

    [Fact]
    public Task A_locked_table_is_left_for_the_next_pass_and_traffic_goes_on_meanwhile() => OnOneDayAsync(async () =>
    {
        await SetAsync("request_metrics", "keep = '7 days'");
        await SetAsync("finished_jobs", "keep = '1 day', ahead = '15 days'");
        await using var reader = NpgsqlDataSource.Create(_database.Owner);
        await using (var connection = await reader.OpenConnectionAsync())
        {
            // A long read of the one table, and a lock on the other that lets nothing be attached.
            await using var transaction = await connection.BeginTransactionAsync();
            await using var look = new NpgsqlCommand(
                "select count(*) from request_metrics; lock table finished_jobs in share update exclusive mode", connection);
            await look.ExecuteNonQueryAsync();

            var kept = await KeepAsync();
            Assert.Single(kept.Busy);
            Assert.Equal(0, kept.Made.Count + kept.Dropped.Count);
            await PostgresServer.ExecuteAsync(_database.Owner, Metric);
        }
        var after = await KeepAsync();
        Assert.Single(after.Made);
        Assert.Equal(7 + 6, after.Dropped.Count);
    });

    [Fact]
    public Task Attaching_a_partition_does_not_wait_for_writers_of_its_table() => OnOneDayAsync(async () =>
    {
        await SetAsync("request_metrics", "ahead = '15 days'");
        await using var writer = NpgsqlDataSource.Create(_database.Owner);
        await using var connection = await writer.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var write = new NpgsqlCommand(Metric, connection);
        await write.ExecuteNonQueryAsync();
        Assert.Single((await KeepAsync()).Made);
        await transaction.CommitAsync();
    });

    [Fact]
    public async Task The_application_cannot_read_a_partition_or_change_what_is_kept()
    {
        foreach (var sql in (string[])[
            $"select * from request_metrics_p{DateTime.UtcNow:yyyyMMdd}", "update partitioned_tables set keep = '1 day'",
            $"drop table request_metrics_p{DateTime.UtcNow:yyyyMMdd}", "create table mine (id int)"])
        {
            var e = await Assert.ThrowsAsync<PostgresException>(() => PostgresServer.ExecuteAsync(_database.App, sql));
            Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, e.SqlState);
        }
    }

    // The keeper has the application's rights, as in the worker.
    private Task<KeptPartitions> KeepAsync() => PartitionKeeper.KeepAsync(_app!, CancellationToken.None);

    private Task SetAsync(string table, string settings)
        => PostgresServer.ExecuteAsync(_database.Owner, $"update partitioned_tables set {settings} where name = '{table}'");

    private Task<List<string>> OwnerAsync(string sql) => PostgresServer.QueryAsync(_database.Owner, sql);

    private static string Charge(string id) => $"""
        insert into usage_charges (company_id, id, user_id, period_yyyymm, price_code, unit_price_minor, amount_minor, currency)
        select company_id, {id}, id, 202511, 'cards.pack', 1, 1, 'EUR' from users
        """;
}
