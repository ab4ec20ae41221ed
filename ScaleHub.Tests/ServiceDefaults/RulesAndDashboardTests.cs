using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ScaleHub.Testing;
using ScaleHub.Tests.Modules.Webhooks;
using YamlDotNet.RepresentationModel;

namespace ScaleHub.Tests.ServiceDefaults;

/// <summary>
/// An API instance that has one place for requests, and a worker, with a private port each, after traffic of every kind that the
/// rules and the dashboard look at: a job, a webhook, a cached list, a refusal by a limit, and a request that was turned away.
/// </summary>
public sealed class ScrapedPrograms : IAsyncLifetime
{
    private readonly Receiver _receiver = new();
    private readonly int _apiPort = FreePort.Find(), _workerPort = FreePort.Find();
    private ApiProcesses _api = null!;
    private WorkerProcesses _worker = null!;

    public async Task InitializeAsync()
    {
        await _receiver.StartAsync();
        _api = await ApiProcesses.StartAsync(1,
            ("Metrics__Port", $"{_apiPort}"), ("Webhooks__AllowPrivateAddresses", "true"),
            ("RateLimits__Policies__auth__Limit", "3"), ("Overload__Concurrency", "1"), ("Overload__Queue", "0"));
        _worker = new(
            ("Metrics__Port", $"{_workerPort}"), ("Webhooks__AllowPrivateAddresses", "true"), ("Jobs__PollMs", "50"),
            ("ConnectionStrings__scalehub", _api.Database.App.Replace("Pooling=false", "Pooling=true", StringComparison.Ordinal)),
            ("ConnectionStrings__redis", _api.Redis.ConnectionString), ("ScaleHub__Secret", PostgresServer.Secret));
        _worker.Start();
        using var account = await _api.RegisterAsync();
        await WebhooksFixture.AddAsync(account, _receiver.Url, "task.created");
        await account.CreateTaskAsync("Counted");
        (await account.Client.GetAsync("/api/v1/tasks")).EnsureSuccessStatusCode();
        await Poll.UntilAsync(() => !_receiver.Calls.IsEmpty, seconds: 30);
        await Poll.UntilAsync(async () => Assert.Equal(HttpStatusCode.TooManyRequests,
            (await account.Client.PostAsJsonAsync("/api/v1/auth/register", new { })).StatusCode));
        await Poll.UntilAsync(async () =>
        {
            var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => account.Client.GetAsync("/api/v1/tasks")));
            Assert.Contains(HttpStatusCode.ServiceUnavailable, answers.Select(r => r.StatusCode));
        });
    }

    /// <summary>All series of both, with their labels.</summary>
    public async Task<Dictionary<string, HashSet<string>>> ScrapeAsync()
        => (await PrometheusText.ScrapeAsync(_apiPort)).Concat(await PrometheusText.ScrapeAsync(_workerPort))
            .GroupBy(s => s.Key, s => s.Value).ToDictionary(g => g.Key, g => g.SelectMany(l => l).ToHashSet());

    /// <summary>What the public port answers to a request for metrics.</summary>
    public async Task<HttpStatusCode> AskPublicPortAsync()
    {
        using var client = _api.CreateClient();
        using var response = await client.GetAsync("/metrics");
        return response.StatusCode;
    }

    public async Task DisposeAsync()
    {
        if (_worker is not null) await _worker.DisposeAsync();
        if (_api is not null) await _api.DisposeAsync();
        await _receiver.DisposeAsync();
    }
}

/// <summary>What stands in deploy/observability is about metrics that there are.</summary>
public sealed class RulesAndDashboardTests(ScrapedPrograms programs) : IClassFixture<ScrapedPrograms>
{
    private static readonly string Folder = Path.Combine(Repository.Root, "deploy", "observability");

    // What Prometheus makes itself: the metrics, and the labels of each series.
    private static readonly HashSet<string> Own = ["up", "ALERTS"], OwnLabels = ["instance", "job", "alertname", "alertstate"];

    [Fact]
    public async Task Each_metric_and_label_of_the_rules_and_the_dashboard_is_shown_by_the_programs()
    {
        var rules = Rules();
        var recorded = rules.Where(r => r.Name.Contains(':', StringComparison.Ordinal)).ToDictionary(r => r.Name, r => r.Query);
        string[] queries = [.. rules.Select(r => r.Query), .. DashboardQueries()];
        Assert.True(queries.Length > 50, $"{queries.Length}");
        // The jobs are counted every ten seconds, and Npgsql's pools appear with the first export.
        await Poll.UntilAsync(async () =>
        {
            var shown = await programs.ScrapeAsync();
            Assert.Empty(queries.SelectMany(q => Missing(q, shown, recorded)).Distinct());
        }, seconds: 60);
    }

    [Fact]
    public async Task The_public_port_answers_404()
        => Assert.Equal(HttpStatusCode.NotFound, await programs.AskPublicPortAsync());

    [Fact]
    public void Each_alert_says_how_bad_it_is_and_what_has_happened()
    {
        var alerts = Documents().Where(r => r.Children.ContainsKey("alert")).ToList();
        Assert.True(alerts.Count >= 10);
        Assert.All(alerts, alert =>
        {
            Assert.Contains(alert["labels"]["severity"].ToString(), (string[])["warning", "critical"]);
            Assert.NotEqual("", alert["annotations"]["summary"].ToString());
        });
    }

    [Fact]
    public void Each_panel_of_the_dashboard_has_a_unit_and_says_what_it_shows()
        => Assert.All(Panels(), panel =>
        {
            Assert.NotEqual("", panel.GetProperty("description").GetString());
            Assert.NotEqual("", panel.GetProperty("fieldConfig").GetProperty("defaults").GetProperty("unit").GetString());
        });

    private static IEnumerable<string> Missing(
        string query, Dictionary<string, HashSet<string>> shown, Dictionary<string, string> recorded)
    {
        HashSet<string> labels = [.. OwnLabels];
        foreach (var (name, selectedBy) in PromQl.Metrics(query))
        {
            // A recorded one has the labels that its rule groups by.
            var has = recorded.TryGetValue(name, out var rule) ? [.. PromQl.Grouped(rule)] : shown.GetValueOrDefault(name);
            if (has is not null) labels.UnionWith(has);
            else if (!Own.Contains(name)) yield return name;
            foreach (var label in selectedBy.Except(OwnLabels).Where(l => has?.Contains(l) != true)) yield return $"{name}{{{label}}}";
        }
        foreach (var label in PromQl.Grouped(query).Except(labels)) yield return $"{label} in {query}";
    }

    private static List<(string Name, string Query)> Rules() => [.. Documents().Select(rule =>
        ((rule.Children.TryGetValue("record", out var name) ? name : rule["alert"]).ToString(), rule["expr"].ToString()))];

    private static IEnumerable<YamlMappingNode> Documents()
    {
        using var file = File.OpenText(Path.Combine(Folder, "prometheus-rules.yml"));
        var yaml = new YamlStream();
        yaml.Load(file);
        return ((YamlSequenceNode)yaml.Documents.Single().RootNode["groups"]).SelectMany(g => (YamlSequenceNode)g["rules"])
            .Cast<YamlMappingNode>();
    }

    private static IEnumerable<string> DashboardQueries()
    {
        var variables = Dashboard().GetProperty("templating").GetProperty("list").EnumerateArray()
            .Where(v => v.TryGetProperty("definition", out _)).Select(v => v.GetProperty("definition").GetString()!);
        return Panels().SelectMany(p => p.GetProperty("targets").EnumerateArray()).Select(t => t.GetProperty("expr").GetString()!)
            // label_values(metric, label)
            .Concat(variables.Select(v => v.Split('(', ',')[1]));
    }

    private static IEnumerable<JsonElement> Panels()
        => Dashboard().GetProperty("panels").EnumerateArray().Where(p => p.GetProperty("type").GetString() != "row");

    private static JsonElement Dashboard()
        => JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, "grafana-dashboard.json"))).RootElement;
}
