using System.Globalization;
using System.Net;
using System.Net.Sockets;
using ScaleHub.Testing;

namespace ScaleHub.Tests.AppHost;

/// <summary>Starts of the AppHost on the ports that a developer gets: one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class AppHostStarts
{
    public const string Name = "AppHost starts";
}

/// <summary>What a start prints, and what is left of it.</summary>
[Collection(AppHostStarts.Name)]
public sealed class LaunchTests : IAsyncLifetime
{
    private static readonly string[] Small = ["--servers", "native", "--instances", "1", "--replicas", "0"];
    private readonly string _data = Directory.CreateTempSubdirectory("scalehub-test-").FullName;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await NothingIsLeftAsync();
        Directory.Delete(_data, recursive: true);
    }

    [Fact]
    public async Task A_start_has_a_line_for_every_resource_and_the_addresses_and_Ctrl_C_leaves_no_process()
    {
        await using var start = Start(Small);
        var api = await start.LineAsync("API");
        await start.LineAsync("Press Ctrl+C");
        Assert.Contains("The servers run native, as --servers says.", start.Output);
        foreach (var resource in (string[])["pg", "redis", "api-1", "worker", "lb"])
        {
            Assert.Contains(start.Output, line => line.StartsWith($"{resource,-14} Healthy", StringComparison.Ordinal));
        }
        Assert.Contains(start.Output, line => line.StartsWith($"{"migrate",-14} Finished", StringComparison.Ordinal));
        using (var client = new HttpClient())
        {
            Assert.Equal(HttpStatusCode.OK, (await client.GetAsync($"{api}/api/v1/plans")).StatusCode);
        }

        start.Signal("INT");
        await start.EndAsync();
        Assert.Equal(0, start.ExitCode);
        Assert.Empty(start.Errors);
        await NothingIsLeftAsync();
        // The data lasts, and what was of this start does not.
        Assert.True(File.Exists($"{_data}/scalehub-pg/data/PG_VERSION"));
        Assert.Empty(Directory.GetDirectories(_data, "run-*"));
    }

    [Fact]
    public async Task An_AppHost_that_is_killed_leaves_no_process_and_its_data_can_be_used_again_at_once()
    {
        await using (var start = Start(Small))
        {
            await start.LineAsync("Press Ctrl+C");
            start.Signal("KILL");
            await start.EndAsync();
        }
        await using (var again = Start(Small))
        {
            await again.LineAsync("Press Ctrl+C");
        }
        await NothingIsLeftAsync();
    }

    [Fact]
    public async Task A_server_that_cannot_start_ends_the_start_with_its_reason_and_exit_code_1()
    {
        Directory.CreateDirectory($"{_data}/scalehub-pg/data");
        await File.WriteAllTextAsync($"{_data}/scalehub-pg/data/PG_VERSION", "9\n");
        await using var start = Start(Small);
        await start.EndAsync();
        Assert.Equal(1, start.ExitCode);
        Assert.Contains(start.Errors, line => line.Contains("start with --reset to delete the data", StringComparison.Ordinal));
        Assert.Equal("The start is broken: pg ended with exit code 1", start.Errors[^1]);
        await NothingIsLeftAsync();
    }

    [Fact]
    public async Task A_taken_port_moves_or_is_one_sentence_with_fixed_ports()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        var dashboard = ("ASPNETCORE_URLS", string.Create(CultureInfo.InvariantCulture, $"http://localhost:{port}"));

        await using var refused = Start([.. Small, "--fixed-ports"], dashboard);
        await refused.EndAsync();
        Assert.Equal(1, refused.ExitCode);
        Assert.StartsWith($"dashboard: port {port} is taken by another program", Assert.Single(refused.Errors), StringComparison.Ordinal);

        await using var moved = Start([.. Small, "--reset"], dashboard);
        Assert.StartsWith("using ", await moved.LineAsync($"dashboard: port {port} is taken,"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_start_with_the_same_data_is_refused_in_one_sentence()
    {
        await using var first = Start(Small);
        await first.LineAsync("pg ");
        await using var second = Start(Small);
        await second.EndAsync();
        Assert.Equal(1, second.ExitCode);
        Assert.Equal($"ScaleHub is already running with the data in {_data}: stop it first.", Assert.Single(second.Errors));
    }

    private AppHostProcess Start(string[] args, params (string, string)[] environment)
        => AppHostProcess.Start(args, [("SCALEHUB_DATA", _data), .. environment]);

    private Task NothingIsLeftAsync()
        => Poll.UntilAsync(() => Assert.Empty(ProcessTree.Using(_data)), seconds: 60);
}
