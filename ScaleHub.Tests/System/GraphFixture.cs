using System.Diagnostics.CodeAnalysis;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Npgsql;

namespace ScaleHub.Tests.System;

/// <summary>The tests that share one graph, and so run one after the other.</summary>
[CollectionDefinition(Name)]
[SuppressMessage("Naming", "CA1711", Justification = "That is what xunit calls it.")]
public sealed class GraphCollection : ICollectionFixture<GraphFixture>
{
    public const string Name = "graph";
}

/// <summary>The whole graph, started once, with random ports and nothing kept.</summary>
public sealed class GraphFixture : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private DistributedApplication? _app;

    public DistributedApplication App => _app ?? throw new InvalidOperationException("The graph has not been started.");

    /// <summary>The front door: the load balancer.</summary>
    public Uri Address => App.GetEndpoint("lb");

    /// <summary>A client of the load balancer.</summary>
    public HttpClient Client { get; private set; } = new();

    /// <summary>Another client of the load balancer, with headers of its own.</summary>
    public HttpClient CreateClient() => App.CreateHttpClient("lb");

    /// <summary>The connection string of a node (pg, pg-replica-1 …), of its superuser and for ScaleHub's database.</summary>
    public async Task<string> GetConnectionString(string node)
        => new NpgsqlConnectionStringBuilder(await App.GetConnectionStringAsync(node)) { Database = "scalehub" }.ConnectionString;

    public async Task InitializeAsync()
    {
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.ScaleHub_AppHost>(
            ["--volumes", "false", "--limits", "1000"]);
        _app = await builder.BuildAsync();
        using var deadline = new CancellationTokenSource(Patience);
        await _app.StartAsync(deadline.Token);
        foreach (var resource in (string[])["lb", "worker"])
        {
            await _app.ResourceNotifications.WaitForResourceHealthyAsync(
                resource, WaitBehavior.StopOnResourceUnavailable, deadline.Token);
        }
        Client.Dispose();
        Client = CreateClient();
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
