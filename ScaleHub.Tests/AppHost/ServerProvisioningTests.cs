using ScaleHub.AppHost.Servers.Native;
using ScaleHub.AppHost.Start;

namespace ScaleHub.Tests.AppHost;

public sealed class ServerProvisioningTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("scalehub-servers-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Missing_servers_with_installing_forbidden_are_named_in_one_line_with_the_command()
    {
        Program("bin/apt-get", "exit 9"); // must not be called
        var search = new ServerSearch([Path.Combine(_directory, "bin")], []);
        Environment.SetEnvironmentVariable(ServerProvisioning.NoInstallVariable, "1");
        try
        {
            var failure = await Assert.ThrowsAsync<StartException>(() => EnsureAsync(search));
            Assert.Equal("Missing on this machine: PostgreSQL 15 or newer and redis-server and nginx (SCALEHUB_NO_INSTALL forbids "
                + "installing it); run: sudo apt-get install -y postgresql redis-server nginx", failure.Message);
        }
        finally
        {
            Environment.SetEnvironmentVariable(ServerProvisioning.NoInstallVariable, null);
        }
    }

    [Theory]
    [InlineData("dnf", "sudo dnf install -y postgresql-server valkey nginx")]
    [InlineData("apk", "sudo apk add postgresql redis nginx")]
    [InlineData("brew", "brew install postgresql@17 redis nginx")]
    public async Task Other_package_managers_are_not_run_but_named(string manager, string command)
    {
        Program($"bin/{manager}", "exit 9");
        var search = new ServerSearch([Path.Combine(_directory, "bin")], []);
        var failure = await Assert.ThrowsAsync<StartException>(() => EnsureAsync(search));
        Assert.EndsWith(command, failure.Message);
    }

    [Fact]
    public async Task Without_any_package_manager_the_line_still_says_what_is_missing()
    {
        var failure = await Assert.ThrowsAsync<StartException>(() => EnsureAsync(new ServerSearch([], [])));
        Assert.Equal("Missing on this machine: PostgreSQL 15 or newer and redis-server and nginx; install with the system's package manager", failure.Message);
    }

    [Fact]
    public async Task The_newest_complete_PostgreSQL_is_taken()
    {
        Postgres("14", complete: true);
        Postgres("15", complete: true);
        Postgres("16", complete: true);
        Postgres("17", complete: false);
        Program("bin/valkey-server", "");
        Program("bin/nginx", "");
        var search = new ServerSearch([Path.Combine(_directory, "bin")], [Path.Combine(_directory, "pg")]);
        var servers = await EnsureAsync(search);
        Assert.Equal(Path.Combine(_directory, "pg/16/bin"), servers.PostgresDirectory);
        Assert.Equal(Path.Combine(_directory, "bin/valkey-server"), servers.Redis);
    }

    [Fact]
    public async Task A_PostgreSQL_that_is_too_old_counts_as_missing()
    {
        Postgres("14", complete: true);
        var failure = await Assert.ThrowsAsync<StartException>(
            () => EnsureAsync(new ServerSearch([], [Path.Combine(_directory, "pg")])));
        Assert.Contains("PostgreSQL 15 or newer", failure.Message);
    }

    private static Task<ServerPrograms> EnsureAsync(ServerSearch search) =>
        ServerProvisioning.EnsureAsync(search, _ => { }, CancellationToken.None);

    private void Postgres(string major, bool complete)
    {
        Program($"pg/{major}/bin/postgres", $"echo 'postgres (PostgreSQL) {major}.3 (Debian)'");
        Program($"pg/{major}/bin/initdb", "");
        if (complete)
            Program($"pg/{major}/bin/pg_basebackup", "");
    }

    private void Program(string name, string script)
    {
        var path = Path.Combine(_directory, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, $"#!/bin/sh\n{script}\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
