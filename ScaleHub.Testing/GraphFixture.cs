using System.Net.Http.Json;
using System.Text.Json;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace ScaleHub.Testing;

/// <summary>The whole graph, started once, with random ports and nothing kept.</summary>
public sealed class GraphFixture : IAsyncLifetime
{
    // A start takes 10 s of two idle processors, and many times that beside a build.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(6);

    private readonly string[] _args;
    private readonly Action<IDistributedApplicationTestingBuilder> _change;
    private DistributedApplication? _app;

    public GraphFixture() : this([], _ => { })
    {
    }

    /// <summary>A graph of a test's own, with other settings.</summary>
    internal GraphFixture(string[] args, Action<IDistributedApplicationTestingBuilder> change)
        => (_args, _change) = (
            ["--servers", Servers, "--volumes", "false", "--limits", "1000", "--instances", "3", .. args], change);

    // The script run-in-containers sets it.
    private static string Servers => Environment.GetEnvironmentVariable("SCALEHUB_TEST_SERVERS") ?? "native";

    public DistributedApplication App => _app ?? throw new InvalidOperationException("The graph has not been started.");

    /// <summary>The front door: the load balancer.</summary>
    public Uri Address => App.GetEndpoint("lb");

    /// <summary>A client of the load balancer.</summary>
    public HttpClient Client { get; private set; } = new();

    /// <summary>The API's instances, behind the load balancer's back: what one does, the others have to know.</summary>
    public IReadOnlyList<Uri> Instances => [.. ((string[])["api-1", "api-2", "api-3"]).Select(i => App.GetEndpoint(i, "http"))];

    /// <summary>
    /// Waits until every instance finds its Redis healthy: each connects again by itself, and what one has not told yet because
    /// it is still without, the others cannot know.
    /// </summary>
    public async Task UntilRedisIsBackAsync()
    {
        foreach (var instance in Instances)
        {
            using var client = new HttpClient { BaseAddress = instance };
            await Poll.UntilAsync(async () =>
            {
                var health = await client.GetFromJsonAsync<JsonElement>("/health/ready");
                Assert.Equal("healthy", health.GetProperty("checks").GetProperty("redis").GetProperty("status").GetString());
                Assert.Equal("healthy", (await client.GetFromJsonAsync<JsonElement>("/api/health/cache")).GetProperty("status").GetString());
            }, seconds: 30);
        }
    }

    /// <summary>Another client of the load balancer, with headers of its own.</summary>
    public HttpClient CreateClient() => App.CreateHttpClient("lb");

    /// <summary>The connection string of a node (pg, pg-replica-1 …), of its superuser and for ScaleHub's database.</summary>
    public async Task<string> GetConnectionString(string node)
        => new NpgsqlConnectionStringBuilder(await App.GetConnectionStringAsync(node)) { Database = "scalehub" }.ConnectionString;

    public async Task InitializeAsync()
    {
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.ScaleHub_AppHost>(_args);
        // The lines of all resources, which a failure shows by itself, would drown the tests' own.
        builder.Services.AddLogging(logging => logging.ClearProviders());
        _change(builder);
        _app = await builder.BuildAsync();
        using var deadline = new CancellationTokenSource(Patience);
        await _app.StartAsync(deadline.Token);
        try
        {
            foreach (var resource in (string[])["lb", "worker"])
            {
                await _app.ResourceNotifications.WaitForResourceHealthyAsync(
                    resource, WaitBehavior.StopOnResourceUnavailable, deadline.Token);
            }
        }
        catch (Exception e) when (e is DistributedApplicationException or OperationCanceledException)
        {
            throw new DistributedApplicationException($"{e.Message}\n{await LastWordsAsync(_app)}", e);
        }
        Client.Dispose();
        Client = CreateClient();
        await UntilRedisIsBackAsync();
    }

    /// <summary>
    /// Starts a resource that was stopped or killed, and waits until it is healthy. A start that comes before the end is wholly
    /// through is not heard, so it is repeated until it is; and until the resource begins, its state is the last run's.
    /// </summary>
    public async Task StartAgainAsync(string resource)
    {
        using var deadline = new CancellationTokenSource(Patience);
        try
        {
            while (true)
            {
                var started = await App.ResourceCommands.ExecuteCommandAsync(resource, KnownResourceCommands.StartCommand, deadline.Token);
                Assert.True(started.Success, started.Message);
                if (await BeginsAsync(resource, deadline.Token)) break;
            }
            await App.ResourceNotifications.WaitForResourceHealthyAsync(resource, WaitBehavior.WaitOnResourceUnavailable, deadline.Token);
        }
        catch (OperationCanceledException e)
        {
            throw new DistributedApplicationException(
                $"{resource} does not start again: {e.Message}\n{string.Join('\n', (await LogAsync(resource)).TakeLast(15))}", e);
        }
    }

    private async Task<bool> BeginsAsync(string resource, CancellationToken cancellationToken)
    {
        using var heard = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        heard.CancelAfter(TimeSpan.FromSeconds(5));
        try
        {
            await App.ResourceNotifications.WaitForResourceAsync(
                resource, e => !KnownResourceStates.TerminalStates.Contains(e.Snapshot.State?.Text), heard.Token);
            return true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>The lines that a resource has printed.</summary>
    public async Task<List<string>> LogAsync(string resource)
    {
        var log = new List<string>();
        var resources = App.Services.GetRequiredService<DistributedApplicationModel>().Resources;
        var lines = App.Services.GetRequiredService<ResourceLoggerService>().GetAllAsync(resources.Single(r => r.Name == resource));
        await foreach (var batch in lines)
        {
            log.AddRange(batch.Select(line => line.Content));
        }
        return log;
    }

    /// <summary>What the resources said last: why a start failed.</summary>
    private static async Task<string> LastWordsAsync(DistributedApplication app)
    {
        var words = new List<string>();
        foreach (var resource in app.Services.GetRequiredService<DistributedApplicationModel>().Resources)
        {
            // Aspire adds a hidden resource for each project, which never starts.
            if (resource is ParameterResource || resource.Name.EndsWith("-rebuilder", StringComparison.Ordinal)) continue;
            var log = new List<string>();
            await foreach (var batch in app.Services.GetRequiredService<ResourceLoggerService>().GetAllAsync(resource))
            {
                log.AddRange(batch.Select(line => line.Content));
            }
            words.AddRange([$"{resource.Name}:", .. log.TakeLast(15)]);
        }
        return string.Join('\n', words);
    }

    public async Task DisposeAsync()
    {
        Client.Dispose();
        if (_app is not null)
        {
            await _app.DisposeAsync();
        }
    }
}
