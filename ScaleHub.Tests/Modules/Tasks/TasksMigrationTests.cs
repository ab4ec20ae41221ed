using Npgsql;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Modules;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Modules.Tasks;

/// <summary>The migration of the search on a database that has tasks, and indexes that its administrator made by hand.</summary>
[Collection(PostgresTests.Name)]
public sealed class TasksMigrationTests(PostgresServer server)
{
    private const string Migration = "0130_task_words";

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Tasks_that_there_are_are_found_and_an_index_that_is_not_valid_stops_it(bool valid)
    {
        var database = await server.CreateDatabaseAsync(migrated: false);
        var all = ModuleList.Schema.Migrations();
        var before = all.TakeWhile(m => m.Name != Migration).ToList();
        await using var owner = NpgsqlDataSource.Create(database.Owner);
        await MigrateAsync(before);
        await PostgresServer.ExecuteAsync(database.Owner, $"""
            insert into companies (id, name) values ('{Guid.Empty}', 'c');
            insert into users (company_id, id, email, password_hash, role) values ('{Guid.Empty}', '{Guid.Empty}', 'a@b.example', 'x', 'owner');
            insert into tasks (company_id, id, title, created_by) values ('{Guid.Empty}', '{Guid.Empty}', 'Find me', '{Guid.Empty}');
            """);
        // What is left of one that failed.
        if (!valid)
            await PostgresServer.ExecuteAsync(database.Owner, "update pg_index set indisvalid = false where indexrelid = 'tasks_by_due'::regclass");

        var migrating = MigrateAsync([.. all.Take(before.Count + 1)]);
        if (!valid)
        {
            var refused = await Assert.ThrowsAsync<MigrationException>(() => migrating);
            Assert.Contains("is not valid; drop it", refused.Message, StringComparison.Ordinal);
            return;
        }
        await migrating;
        Assert.Equal([$"{Guid.Empty}"], await PostgresServer.QueryAsync(database.Owner,
            $"select find_tasks('find', null, 10, null, null, null, null) from set_config('app.company_id', '{Guid.Empty}', false)"));

        Task MigrateAsync(IReadOnlyList<(string, string)> files)
            => new Migrator(owner, files).MigrateAsync(null, _ => { }, _ => Task.CompletedTask, CancellationToken.None);
    }
}
