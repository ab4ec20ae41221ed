using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Spectre.Console;

namespace ScaleHub.AppHost.Start;

/// <summary>
/// Shows the start: a live line per resource in a terminal, a line per change elsewhere; then the addresses. When a resource
/// fails before all are healthy, or is not healthy within a minute of running, the graph is stopped: its last lines and one
/// sentence say why, and the exit code is 1.
/// </summary>
internal sealed partial class StartConsole(
    ResourceNotificationService notifications, ResourceLoggerService logs, DistributedApplicationModel model,
    IHostApplicationLifetime lifetime, IConfiguration configuration) : BackgroundService
{
    private static readonly TimeSpan HealthPatience = TimeSpan.FromSeconds(60);

    // No server answers in the moment in which it starts: that is no news, and looks like a fault.
    private static readonly TimeSpan UsualStart = TimeSpan.FromSeconds(5);
    private const int LastLines = 5;

    // Aspire's own resource, hidden in the dashboard as well.
    private const string Dashboard = "aspire-dashboard";

    private readonly ConcurrentDictionary<IResource, ResourceEvent> _last = new();
    private readonly Dictionary<IResource, Stopwatch> _unhealthy = [];

    // Programs that others wait for the end of.
    private readonly HashSet<IResource> _mustEnd = [.. model.Resources.SelectMany(r => r.Annotations.OfType<WaitAnnotation>())
        .Where(wait => wait.WaitType == WaitType.WaitForCompletion).Select(wait => wait.Resource)];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Aspire adds a hidden resource for each project.
        var shown = model.Resources.Where(r => r is not ParameterResource && r.Name != Dashboard
            && r.Annotations.OfType<ResourceSnapshotAnnotation>().LastOrDefault()?.InitialSnapshot.IsHidden != true).ToList();
        // A resource of Aspire's orchestrator has another id than its name, so the last event of each is kept here.
        var watching = WatchAsync(stoppingToken);
        try
        {
            var isLive = !Console.IsOutputRedirected && AnsiConsole.Profile.Capabilities.Ansi;
            var broken = isLive ? await ShowTableAsync(shown, stoppingToken) : await WriteLinesAsync(shown, stoppingToken);
            if (broken is null) ShowAddresses();
            else await GiveUpAsync(broken, stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Ctrl+C during the start.
        }
        await watching;
    }

    private async Task WatchAsync(CancellationToken ct)
    {
        try
        {
            await foreach (var change in notifications.WatchAsync(ct)) _last[change.Resource] = change;
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // The graph is stopping.
        }
    }

    // Both return null when all are healthy, or the resource that failed.
    private async Task<Line?> WriteLinesAsync(List<IResource> shown, CancellationToken ct)
    {
        var said = new Dictionary<IResource, string>();
        while (true)
        {
            var lines = shown.Select(Describe).ToList();
            foreach (var line in lines.Where(line => line.State.Length > 0 && said.GetValueOrDefault(line.Resource) != line.State))
            {
                said[line.Resource] = line.State;
                Console.WriteLine($"{line.Resource.Name,-14} {line.State,-14} {line.Detail}".TrimEnd());
            }
            if (lines.Find(line => line.IsBroken) is { } broken) return broken;
            if (lines.TrueForAll(line => line.IsDone)) return null;
            await Task.Delay(100, ct);
        }
    }

    private Task<Line?> ShowTableAsync(List<IResource> shown, CancellationToken ct)
        => AnsiConsole.Live(new Table()).AutoClear(false).StartAsync(async context =>
        {
            while (true)
            {
                var lines = shown.Select(Describe).ToList();
                var table = new Table().Border(TableBorder.None).HideHeaders().AddColumns("name", "state", "detail");
                foreach (var line in lines)
                {
                    var colour = line.IsBroken ? "red" : line.IsDone ? "green" : "grey";
                    table.AddRow($"[bold]{Markup.Escape(line.Resource.Name)}[/]", $"[{colour}]{Markup.Escape(line.State)}[/]",
                        $"[grey]{Markup.Escape(line.Detail)}[/]");
                }
                context.UpdateTarget(table);
                if (lines.Find(line => line.IsBroken) is { } broken) return broken;
                if (lines.TrueForAll(line => line.IsDone)) return null;
                await Task.Delay(100, ct);
            }
        });

    private sealed record Line(IResource Resource, string State, string Detail, bool IsDone = false, bool IsBroken = false);

    private Line Describe(IResource resource)
    {
        if (!_last.TryGetValue(resource, out var current)) return new(resource, "", "");
        var snapshot = current.Snapshot;
        if (snapshot.IsHidden) return new(resource, "", "", IsDone: true);
        var state = snapshot.State?.Text ?? "";
        if (state == KnownResourceStates.Running)
        {
            if (snapshot.HealthStatus == HealthStatus.Healthy)
            {
                var url = snapshot.Urls.FirstOrDefault(u => !u.IsInternal)?.Url ?? "";
                return snapshot.HealthReports.Length > 0 ? new(resource, "Healthy", url, IsDone: true)
                    : new(resource, state, url, IsDone: !_mustEnd.Contains(resource));
            }
            var since = _unhealthy.TryGetValue(resource, out var clock) ? clock : _unhealthy[resource] = Stopwatch.StartNew();
            var why = snapshot.HealthReports.FirstOrDefault(r => r.Status != HealthStatus.Healthy)?.Description ?? "";
            return new(resource, state, since.Elapsed > UsualStart ? why : "", IsBroken: since.Elapsed > HealthPatience);
        }
        _unhealthy.Remove(resource);
        if (!KnownResourceStates.TerminalStates.Contains(state))
        {
            var waits = resource.Annotations.OfType<WaitAnnotation>().Select(wait => wait.Resource.Name).Distinct();
            return new(resource, state, state == KnownResourceStates.Waiting ? $"for {string.Join(", ", waits)}" : "");
        }
        var isOver = snapshot.ExitCode == 0 && state != KnownResourceStates.FailedToStart;
        return new(resource, state, snapshot.ExitCode is { } code ? $"exit code {code}" : "", IsDone: isOver, IsBroken: !isOver);
    }

    private void ShowAddresses()
    {
        Console.WriteLine();
        foreach (var resource in model.Resources.Where(r => r.Annotations.OfType<EndpointAnnotation>().Any(e => e.IsExternal)))
        {
            if (!_last.TryGetValue(resource, out var current)) continue;
            foreach (var url in current.Snapshot.Urls.Where(u => !u.IsInternal))
            {
                var name = url.DisplayProperties.DisplayName is { Length: > 0 } text ? text : resource.Name;
                Console.WriteLine($"  {name,-12} {url.Url}");
            }
        }
        if (configuration["ASPNETCORE_URLS"] is { Length: > 0 } dashboard)
        {
            Console.WriteLine($"  {"Dashboard",-12} {dashboard.Split(';')[0].TrimEnd('/')}/login?t={configuration["AppHost:BrowserToken"]}");
        }
        Console.WriteLine();
        Console.WriteLine("Press Ctrl+C to stop.");
    }

    private async Task GiveUpAsync(Line broken, CancellationToken ct)
    {
        var said = new List<string>();
        if (_last.TryGetValue(broken.Resource, out var current))
        {
            await foreach (var batch in logs.GetAllAsync(current.ResourceId).WithCancellation(ct))
            {
                // What the orchestrator says of its own work begins so.
                said.AddRange(batch.Select(line => Time().Replace(line.Content, ""))
                    .Where(line => !line.StartsWith("[sys]", StringComparison.Ordinal)));
            }
        }
        Console.Error.WriteLine();
        foreach (var line in said.TakeLast(LastLines)) Console.Error.WriteLine($"  {line}");
        var what = broken.State == KnownResourceStates.Running
            ? $"is not healthy after {HealthPatience.TotalSeconds:0} s"
            : broken.Detail.Length > 0 ? $"ended with {broken.Detail}" : "could not be started";
        var why = broken.State == KnownResourceStates.Running && broken.Detail.Length > 0 ? $": {broken.Detail}" : "";
        Console.Error.WriteLine($"The start is broken: {broken.Resource.Name} {what}{why}");
        Environment.ExitCode = 1;
        lifetime.StopApplication();
    }

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT[\d:.]+Z ?")]
    private static partial Regex Time();
}
