using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Spectre.Console;

namespace ScaleHub.LocalAspire;

/// <summary>Shows the start: a live line per resource in a terminal, a line per change elsewhere; then the URLs.</summary>
internal sealed class StartConsole(bool isSilent) : IDisposable
{
    private readonly CancellationTokenSource _closed = new();
    private readonly Lock _lock = new();
    private readonly List<string> _notes = [];
    private ResourceNotificationService? _notifications;
    private DistributedApplicationModel? _model;
    private Task _display = Task.CompletedTask;
    private volatile bool _isLive;

    /// <summary>Where the dashboard is, with its token; shown with the other URLs.</summary>
    public string? DashboardUrl { get; set; }

    /// <summary>Says something that is not about one resource's state.</summary>
    public void Tell(string line)
    {
        if (isSilent)
        {
            return;
        }
        lock (_lock)
        {
            if (_isLive)
            {
                _notes.Add(line);
            }
            else
            {
                System.Console.WriteLine(line);
            }
        }
    }

    public void Open(ResourceNotificationService notifications, DistributedApplicationModel model)
    {
        (_notifications, _model) = (notifications, model);
        if (!isSilent)
        {
            _isLive = !System.Console.IsOutputRedirected && AnsiConsole.Profile.Capabilities.Ansi;
            _display = _isLive ? ShowTableAsync() : WriteLinesAsync();
        }
    }

    /// <summary>Everything is up.</summary>
    public void Finish()
    {
        Close();
        if (isSilent || _notifications is null)
        {
            return;
        }
        System.Console.WriteLine();
        foreach (var resource in _model!.Resources.OfType<IResourceWithEndpoints>())
        {
            var isExternal = resource.Annotations.OfType<EndpointAnnotation>().Any(e => e.IsExternal);
            if (isExternal && _notifications.TryGetCurrentState(resource.Name, out var state))
            {
                foreach (var url in state.Snapshot.Urls)
                {
                    var name = url.DisplayProperties.DisplayName is { Length: > 0 } text ? text : resource.Name;
                    System.Console.WriteLine($"  {name,-12} {url.Url}");
                }
            }
        }
        if (DashboardUrl is not null)
        {
            System.Console.WriteLine($"  {"Dashboard",-12} {DashboardUrl}");
        }
        System.Console.WriteLine();
        System.Console.WriteLine("Press Ctrl+C to stop.");
    }

    /// <summary>Ends the live display, leaving its last state on the screen.</summary>
    public void Close()
    {
        _closed.Cancel();
        try
        {
            _display.Wait();
        }
        catch (AggregateException ended) when (ended.InnerException is OperationCanceledException)
        {
            // That is how it ends.
        }
        lock (_lock)
        {
            _isLive = false;
            _notes.ForEach(System.Console.WriteLine);
            _notes.Clear();
        }
    }

    public void Dispose() => _closed.Dispose();

    private async Task WriteLinesAsync()
    {
        var shown = new Dictionary<string, string>();
        await foreach (var change in _notifications!.WatchAsync(_closed.Token))
        {
            var (state, detail, _) = Describe(change);
            if (IsShown(change.Resource) && shown.GetValueOrDefault(change.ResourceId) != state)
            {
                shown[change.ResourceId] = state;
                System.Console.WriteLine($"{change.ResourceId,-14} {state,-14} {detail}".TrimEnd());
            }
        }
    }

    private async Task ShowTableAsync()
    {
        var shown = _model!.Resources.Where(IsShown).ToList();
        var started = DateTime.UtcNow;
        await AnsiConsole.Live(Table(shown)).AutoClear(false).StartAsync(async context =>
        {
            while (!_closed.IsCancellationRequested)
            {
                context.UpdateTarget(Table(shown));
                await Task.WhenAny(Task.Delay(100, _closed.Token));
            }
            context.UpdateTarget(Table(shown));
        });
        AnsiConsole.MarkupLine($"[grey]{(DateTime.UtcNow - started).TotalSeconds:0.0} s[/]");
    }

    private Table Table(List<IResource> shown)
    {
        var table = new Table().Border(TableBorder.None).HideHeaders().AddColumns("name", "state", "detail");
        foreach (var resource in shown)
        {
            if (_notifications!.TryGetCurrentState(resource.Name, out var current))
            {
                var (state, detail, colour) = Describe(current);
                table.AddRow(
                    $"[bold]{Markup.Escape(resource.Name)}[/]", $"[{colour}]{state}[/]", $"[grey]{Markup.Escape(detail)}[/]");
            }
        }
        return table;
    }

    private static bool IsShown(IResource resource) => resource is not (ParameterResource or ConnectionStringResource);

    private static (string State, string Detail, string Colour) Describe(ResourceEvent change)
    {
        var snapshot = change.Snapshot;
        var state = snapshot.State?.Text ?? KnownResourceStates.NotStarted;
        if (state == KnownResourceStates.Running)
        {
            return snapshot.HealthStatus == HealthStatus.Healthy
                ? ("Healthy", snapshot.Urls.FirstOrDefault()?.Url ?? "", "green")
                : (state, snapshot.HealthReports.FirstOrDefault(r => r.Status != HealthStatus.Healthy)?.Description ?? "", "yellow");
        }
        return KnownResourceStates.TerminalStates.Contains(state)
            ? (state, snapshot.ExitCode is { } code ? $"exit code {code}" : "", snapshot.ExitCode == 0 ? "green" : "red")
            : (state, Waits(change), "grey");
    }

    private static string Waits(ResourceEvent change) => change.Snapshot.State?.Text == KnownResourceStates.Waiting
        ? "for " + string.Join(", ", change.Resource.Annotations.OfType<WaitAnnotation>().Select(w => w.Resource.Name).Distinct()) : "";
}
