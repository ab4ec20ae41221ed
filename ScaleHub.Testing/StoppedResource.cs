using Aspire.Hosting.ApplicationModel;

namespace ScaleHub.Testing;

/// <summary>A resource of a shared graph that is stopped for the time of a test, and healthy again afterwards.</summary>
public sealed class StoppedResource : IAsyncDisposable
{
    private readonly GraphFixture _graph;
    private readonly string _name;

    private StoppedResource(GraphFixture graph, string name) => (_graph, _name) = (graph, name);

    public static async Task<StoppedResource> StopAsync(GraphFixture graph, string name)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var result = await graph.App.ResourceCommands.ExecuteCommandAsync(name, KnownResourceCommands.StopCommand, deadline.Token);
        Assert.True(result.Success, result.Message);
        await graph.App.ResourceNotifications.WaitForResourceAsync(name, KnownResourceStates.TerminalStates, deadline.Token);
        return new(graph, name);
    }

    public async ValueTask DisposeAsync()
    {
        await _graph.StartAgainAsync(_name);
        if (_name == "redis") await _graph.UntilRedisIsBackAsync();
    }
}
