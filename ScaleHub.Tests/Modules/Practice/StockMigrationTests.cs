using Npgsql;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Modules;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Modules.Practice;

/// <summary>The migration of the stock movements on a database that has products.</summary>
[Collection(PostgresTests.Name)]
public sealed class StockMigrationTests(PostgresServer server)
{
    [Fact]
    public async Task The_movements_begin_with_the_stock_that_there_is()
    {
        var database = await server.CreateDatabaseAsync(migrated: false);
        var all = ModuleList.Schema.Migrations();
        var before = all.TakeWhile(m => m.Name != "0170_stock_movements").ToList();
        await using var owner = NpgsqlDataSource.Create(database.Owner);
        await MigrateAsync(before);
        await PostgresServer.ExecuteAsync(database.Owner, """
            insert into companies (id, name) values (gen_random_uuid(), 'c');
            insert into products (company_id, id, sku, name, price_minor, currency, stock)
            select id, gen_random_uuid(), 'a' || n, 'a', 1, 'EUR', n from companies, generate_series(0, 2) n where name = 'c'
            """);
        await MigrateAsync([.. all.Take(before.Count + 1)]);
        Assert.Equal(["1 1 1", "2 2 2"], await PostgresServer.QueryAsync(database.Owner, """
            select p.stock || ' ' || m.quantity || ' ' || m.stock_after from products p
            join stock_movements m on m.product_id = p.id
            order by p.stock
            """));

        Task MigrateAsync(IReadOnlyList<(string, string)> files)
            => new Migrator(owner, files).MigrateAsync(null, _ => { }, _ => Task.CompletedTask, CancellationToken.None);
    }
}
