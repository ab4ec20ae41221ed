using System.Diagnostics;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;

namespace ScaleHub.Testing;

/// <summary>A program of a shared graph that was killed (SIGKILL), and is started and healthy again afterwards.</summary>
public sealed class KilledResource : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly GraphFixture _graph;
    private readonly string _name;

    private KilledResource(GraphFixture graph, string name) => (_graph, _name) = (graph, name);

    public static async Task<KilledResource> KillAsync(GraphFixture graph, string name)
    {
        using (var program = Process.GetProcessById(Pid(graph, name))) program.Kill();
        using var deadline = new CancellationTokenSource(Patience);
        await graph.App.ResourceNotifications.WaitForResourceAsync(name, KnownResourceStates.TerminalStates, deadline.Token);
        return new(graph, name);
    }

    public async ValueTask DisposeAsync() => await _graph.StartAgainAsync(_name);

    // By name and graph: several graphs may run on this machine. "dotnet run", which starts the program, has its environment too.
    private static int Pid(GraphFixture graph, string program)
    {
        var found = Directory.GetDirectories("/proc")
            .Select(folder => int.TryParse(Path.GetFileName(folder), out var pid) ? pid : 0)
            .Where(pid => pid > 0 && Environ(pid) is var environ && environ.Contains($"OTEL_SERVICE_NAME={program}")
                && environ.Any(v => v.StartsWith("ConnectionStrings__scalehub=", StringComparison.Ordinal)
                    && v.Contains($"Port={graph.App.GetEndpoint("pg", "tcp").Port};", StringComparison.Ordinal)))
            .ToList();
        return found.Single(pid => !ProcessTree.Children(pid).Any(found.Contains));
    }

    private static string[] Environ(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/environ").Split('\0');
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
