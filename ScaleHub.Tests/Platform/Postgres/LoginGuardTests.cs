using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Platform.Postgres;

/// <summary>A login that row-level security does not confine ends the start; so does the wrong role of a command.</summary>
[Collection(PostgresTests.Name)]
public sealed class LoginGuardTests(PostgresServer server)
{
    [Theory]
    [InlineData("superuser", "is a superuser")]
    [InlineData("bypassrls", "has BYPASSRLS")]
    [InlineData("owner", "owns the tables")]
    public async Task A_login_that_sees_every_company_ends_the_start_with_a_sentence(string kind, string why)
    {
        var (database, login) = await CreateLoginAsync(kind);
        var error = await Assert.ThrowsAsync<OptionsValidationException>(
            () => PlatformHost.StartAsync(new(database.Owner, As(database, login))));
        var sentence = Assert.Single(error.Failures);
        Assert.Contains($"'{login}'", sentence, StringComparison.Ordinal);
        Assert.Contains(why, sentence, StringComparison.Ordinal);
        Assert.Contains("scalehub_app", sentence, StringComparison.Ordinal);
        Assert.Contains("ConnectionStrings__scalehub", sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_login_of_each_node_is_checked()
    {
        var (database, login) = await CreateLoginAsync("bypassrls");
        var error = await Assert.ThrowsAsync<OptionsValidationException>(
            () => PlatformHost.StartAsync(database, ("ConnectionStrings:scalehub-replica-1", As(database, login))));
        Assert.Contains("ConnectionStrings__scalehub-replica-1", error.Failures.Single(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_role_of_the_programs_starts()
    {
        await using var host = await PlatformHost.StartAsync(await server.CreateDatabaseAsync());
        var nodes = host.Services.GetRequiredService<PostgresNodes>();
        Assert.True(nodes.All.Single().LoginChecked);
    }

    [Fact]
    public async Task A_node_that_is_away_does_not_prevent_the_start_and_is_checked_when_it_answers()
    {
        var database = await server.CreateDatabaseAsync();
        var away = new NpgsqlConnectionStringBuilder(database.App) { Port = 1 }.ConnectionString;
        await using var host = await PlatformHost.StartAsync(database, ("ConnectionStrings:scalehub-replica-1", away));
        Assert.Equal([true, false], host.Services.GetRequiredService<PostgresNodes>().All.Select(n => n.LoginChecked));
    }

    [Fact]
    public async Task A_connection_of_such_a_login_is_not_handed_out_either()
    {
        var database = await server.CreateDatabaseAsync();
        var login = $"login_{Guid.NewGuid():N}";
        await PostgresServer.ExecuteAsync(database.Owner, $"create role {login}; alter table companies owner to {login}");
        await using var host = await PlatformHost.StartAsync(database);
        // A role that is given too much while the program runs is not noticed; a node that was never checked is.
        var node = host.Services.GetRequiredService<PostgresNodes>().All.Single();
        node.LoginChecked = false;
        await PostgresServer.ExecuteAsync(database.Owner, $"grant {login} to scalehub_app");
        try
        {
            // Connections that were opened before were checked before.
            node.DataSource.Clear();
            await Assert.ThrowsAsync<UnconfinedLoginException>(async () => await node.DataSource.OpenConnectionAsync());
        }
        finally
        {
            await PostgresServer.ExecuteAsync(database.Owner, $"revoke {login} from scalehub_app");
        }
    }

    [Theory]
    [InlineData("migrate")]
    [InlineData("seed", "--companies", "1", "--seed", "1")]
    public async Task A_command_of_the_owner_refuses_another_role_and_says_which_it_needs(
        string command, params string[] arguments)
    {
        var database = await server.CreateDatabaseAsync();
        var (code, said) = await RunWorkerAsync(database.App, [command, .. arguments]);
        Assert.Equal(1, code);
        Assert.Equal($"The login 'scalehub_app' does not own the tables, and '{command}' needs the schema's owner, 'postgres': "
            + "set ConnectionStrings__scalehub (or its alias DATABASE_URL) to that role.", said.Trim());
    }

    [Fact]
    public async Task The_worker_ends_with_exit_code_1_when_its_login_is_the_owners()
    {
        var database = await server.CreateDatabaseAsync();
        var (code, said) = await RunWorkerAsync(database.Owner, "run");
        Assert.Equal(1, code);
        Assert.StartsWith("ScaleHub.Worker: The login 'postgres' of ConnectionStrings__scalehub is a superuser", said.Trim(),
            StringComparison.Ordinal);
    }

    private static string As(TestDatabase database, string login)
        => new NpgsqlConnectionStringBuilder(database.App) { Username = login }.ConnectionString;

    private async Task<(TestDatabase Database, string Login)> CreateLoginAsync(string kind)
    {
        var database = await server.CreateDatabaseAsync();
        var password = new NpgsqlConnectionStringBuilder(database.App).Password;
        var login = $"login_{Guid.NewGuid():N}";
        var attributes = kind == "owner" ? "" : kind;
        await PostgresServer.ExecuteAsync(database.Owner, $"create role {login} login {attributes} password '{password}'");
        await PostgresServer.ExecuteAsync(database.Owner, $"grant scalehub_app to {login}");
        if (kind == "owner") await PostgresServer.ExecuteAsync(database.Owner, $"alter table companies owner to {login}");
        return (database, login);
    }

    private static async Task<(int Code, string Said)> RunWorkerAsync(string connectionString, params string[] arguments)
    {
        using var worker = Process.Start(new ProcessStartInfo("dotnet",
            [Path.Combine(AppContext.BaseDirectory, "ScaleHub.Worker.dll"), .. arguments])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            Environment =
            {
                ["ConnectionStrings__scalehub"] = connectionString,
                ["ConnectionStrings__redis"] = "127.0.0.1:1",
                ["ScaleHub__Secret"] = PostgresServer.Secret,
                ["ASPNETCORE_URLS"] = "http://127.0.0.1:0",
            },
        })!;
        var (output, error) = (worker.StandardOutput.ReadToEndAsync(), worker.StandardError.ReadToEndAsync());
        await worker.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(1));
        await output;
        return (worker.ExitCode, await error);
    }
}
