using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Modules.Tasks;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Platform.Postgres;

/// <summary>
/// A real PgBouncer that lends its two server connections for one transaction each: <c>Postgres:Pooler=Transaction</c>. Each of two
/// companies works on many connections at once, so that every server connection serves one and then the other.
/// </summary>
[Collection(PostgresTests.Name)]
public sealed class PoolerTests(PostgresServer server) : IAsyncLifetime
{
    private static readonly Guid[] Companies = [Guid.CreateVersion7(), Guid.CreateVersion7()];
    private readonly string _folder = Directory.CreateTempSubdirectory("scalehub-pooler-").FullName;
    private TestDatabase _database = null!;
    private Process? _pooler;
    private int _port;

    public async Task InitializeAsync()
    {
        _database = await server.CreateDatabaseAsync();
        foreach (var company in Companies)
        {
            await PostgresServer.ExecuteAsync(_database.Owner, $"""
                insert into companies (id, name) values ('{company}', 'c');
                insert into users (company_id, id, email, password_hash, role) values ('{company}', '{company}', '{company}@company.example', 'x', 'owner')
                """);
        }
        _port = FreePort.Find();
        var app = new NpgsqlConnectionStringBuilder(_database.App);
        var (settings, users) = (Path.Combine(_folder, "pgbouncer.ini"), Path.Combine(_folder, "users"));
        await File.WriteAllTextAsync(users, $"\"{app.Username}\" \"{app.Password}\"\n");
        await File.WriteAllTextAsync(settings, $"""
            [databases]
            {app.Database} = host=127.0.0.1 port={app.Port} dbname={app.Database}
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = {_port}
            unix_socket_dir =
            auth_type = scram-sha-256
            auth_file = {users}
            pool_mode = transaction
            default_pool_size = 2
            max_client_conn = 200
            """);
        if (Environment.IsPrivilegedProcess)
        {
            using var owned = Process.Start("chown", ["-R", "postgres", _folder]);
            await owned.WaitForExitAsync();
        }
        var program = await InstalledProgram.FindAsync("PgBouncer", "pgbouncer", "pgbouncer", "../sbin/pgbouncer");
        // It refuses root.
        string[] command = Environment.IsPrivilegedProcess ? [program, "-q", "-u", "postgres", settings] : [program, "-q", settings];
        _pooler = Process.Start(new ProcessStartInfo("sh", ["-c", "exec \"$@\" >\"$LOG\" 2>&1 </dev/null", "sh", .. command])
        {
            Environment = { ["LOG"] = Path.Combine(_folder, "log") },
        })!;
        await Poll.UntilAsync(() => PostgresServer.ExecuteAsync(Pooled, "select 1"));
    }

    public async Task DisposeAsync()
    {
        if (_pooler is not null)
        {
            _pooler.Kill();
            await _pooler.WaitForExitAsync();
            _pooler.Dispose();
        }
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Two_companies_share_server_connections_and_see_their_own_rows_alone()
    {
        await using var host = await PlatformHost.StartAsync(_database with { App = Pooled }, ("Postgres:Pooler", "Transaction"));

        await Task.WhenAll(Enumerable.Range(0, 8).Select(async worker =>
        {
            var company = Companies[worker % 2];
            for (var i = 0; i < 20; i++)
            {
                await using var scope = host.Scope(company);
                var db = scope.ServiceProvider.GetRequiredService<ScaleHubDb>();
                await using (var transaction = await db.Database.BeginTransactionAsync())
                {
                    db.Tasks.Add(TaskOf(company, $"{worker} {i}"));
                    await db.SaveChangesAsync();
                    await transaction.CommitAsync();
                }
                // Past EF's filter: the policy alone confines it, and the company is the one that this transaction has set.
                var seen = await db.Database.SqlQuery<Guid>($"select distinct company_id as \"Value\" from tasks").ToListAsync();
                Assert.Equal([company], seen);
            }
        }));

        Assert.Equal(["80", "80"], await PostgresServer.QueryAsync(_database.Owner, "select count(*) from tasks group by company_id"));
        // Outside a transaction of ours nothing of a company is left on a server's connection.
        Assert.Equal(["0"], await PostgresServer.QueryAsync(Pooled, "select count(*) from tasks"));
        Assert.InRange(int.Parse((await PostgresServer.QueryAsync(_database.Owner,
            "select count(*) from pg_stat_activity where usename = 'scalehub_app'")).Single(), null), 1, 2);
    }

    [Fact]
    public async Task Jobs_are_done_though_nobody_is_woken_through_the_pooler()
    {
        await using var host = await PlatformHost.StartAsync(
            _database with { App = Pooled }, builder => builder.AddJobLoops(), ("Postgres:Pooler", "Transaction"), ("Jobs:PollMs", "50"));
        await PostgresServer.ExecuteAsync(_database.Owner, $$"""
            insert into jobs (company_id, id, kind, payload)
            select c, gen_random_uuid(), 'notifications.notify', jsonb_build_object('userId', c, 'about', 'taskDue', 'title', 'n' || n)
            from unnest(array['{{Companies[0]}}', '{{Companies[1]}}']::uuid[]) c, generate_series(1, 20) n;
            insert into notification_preferences select id, id, 'task_due', false from companies where name = 'c';
            """);
        await Poll.UntilAsync(async () => Assert.Equal(["20", "20"], await PostgresServer.QueryAsync(
            _database.Owner, "select count(distinct title) from notifications group by company_id")), seconds: 60);
    }

    private string Pooled => new NpgsqlConnectionStringBuilder(_database.App) { Port = _port }.ConnectionString + ";No Reset On Close=true";

    private static TaskItem TaskOf(Guid company, string title) => new()
    {
        CompanyId = company,
        Id = Guid.CreateVersion7(),
        Title = title,
        CreatedBy = company,
        CreatedAt = DateTimeOffset.UtcNow,
        UpdatedAt = DateTimeOffset.UtcNow,
    };
}
