using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Modules.Companies;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Platform.Consistency;

[Collection(PostgresTests.Name)]
public sealed class UnitOfWorkTests(PostgresServer server)
{
    [Fact]
    public async Task What_follows_a_write_runs_once_behind_the_commit_and_not_behind_the_next()
    {
        await using var host = await PlatformHost.StartAsync(await server.CreateDatabaseAsync());
        await using var scope = host.Scope(Tenant.Platform);
        var db = scope.ServiceProvider.GetRequiredService<ScaleHubDb>();
        var runs = 0;
        db.UnitOfWork.AfterCommit(() => { runs++; return ValueTask.CompletedTask; });
        await using (var transaction = await db.Database.BeginTransactionAsync())
        {
            await RenameAsync(db, "first");
            Assert.Equal(0, runs);
            await transaction.CommitAsync();
        }
        Assert.Equal(1, runs);
        await RenameAsync(db, "second");
        Assert.Equal(1, runs);
    }

    [Fact]
    public async Task What_follows_a_write_runs_when_the_connection_breaks_at_the_commit()
    {
        var database = await server.CreateDatabaseAsync();
        await using var host = await PlatformHost.StartAsync(database);
        await using var scope = host.Scope(Tenant.Platform);
        var db = scope.ServiceProvider.GetRequiredService<ScaleHubDb>();
        var runs = 0;
        db.UnitOfWork.AfterCommit(() => { runs++; return ValueTask.CompletedTask; });
        await using var transaction = await db.Database.BeginTransactionAsync();
        await RenameAsync(db, "third");
        await PostgresServer.ExecuteAsync(database.Owner,
            "select pg_terminate_backend(pid) from pg_stat_activity where state = 'idle in transaction' and datname = current_database()");
        await Assert.ThrowsAnyAsync<Exception>(() => transaction.CommitAsync());
        Assert.Equal(1, runs);
    }

    [Fact]
    public async Task One_that_fails_keeps_none_of_the_others_from_running_and_fails_no_write()
    {
        await using var host = await PlatformHost.StartAsync(await server.CreateDatabaseAsync());
        var runs = 0;
        await using (var scope = host.Scope(Tenant.Platform))
        {
            var db = scope.ServiceProvider.GetRequiredService<ScaleHubDb>();
            db.UnitOfWork.AfterCommit(() => throw new InvalidOperationException("An effect with a defect."));
            db.UnitOfWork.AfterCommit(() => { runs++; return ValueTask.CompletedTask; });
            await RenameAsync(db, "fourth");
        }
        Assert.Equal(1, runs);
    }

    private static async Task RenameAsync(ScaleHubDb db, string name)
        => Assert.Equal(1, await db.Companies.Where(c => c.Id == Tenant.Platform)
            .ExecuteUpdateAsync(set => set.SetProperty(c => c.Name, name)));
}
