using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Microsoft.AspNetCore.Http;
using ScaleHub.Testing;
using ScaleHub.Tests.Modules.Webhooks;

namespace ScaleHub.Tests.ServiceDefaults;

/// <summary>
/// The load balancer, an API instance and a worker, processes of their own, a collector, and a company with two webhooks: the server of
/// one takes every event, and that of the other refuses each.
/// </summary>
public sealed class TracedWork : IAsyncLifetime
{
    private readonly Receiver _taking = new(), _refusing = new();
    private ApiProcesses _api = null!;
    private NginxServer _nginx = null!;
    private WorkerProcesses _worker = null!;

    public OtlpReceiver Collector { get; private set; } = null!;

    internal Account Account { get; private set; } = null!;

    /// <summary>The span from which the requests come.</summary>
    public string Hop { get; } = ActivitySpanId.CreateRandom().ToHexString();

    public async Task InitializeAsync()
    {
        Collector = await OtlpReceiver.StartAsync();
        await _taking.StartAsync();
        _refusing.Answer = http =>
        {
            http.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return Task.CompletedTask;
        };
        await _refusing.StartAsync();
        (string, string)[] settings =
        [
            .. Collector.Settings, ("Webhooks__AllowPrivateAddresses", "true"), ("Jobs__PollMs", "50"),
            // To the collector alone, ASP.NET Core's own lines of each request.
            ("Logging__OpenTelemetry__LogLevel__Default", "Information"),
        ];
        _api = await ApiProcesses.StartAsync(1, [.. settings, ("OTEL_SERVICE_NAME", "api")]);
        _nginx = await NginxServer.StartAsync([_api.Addresses[0]]);
        _worker = new(
        [
            .. settings, ("OTEL_SERVICE_NAME", "worker"), ("ConnectionStrings__redis", _api.Redis.ConnectionString),
            ("ConnectionStrings__scalehub", _api.Database.App.Replace("Pooling=false", "Pooling=true", StringComparison.Ordinal)),
            ("ScaleHub__Secret", PostgresServer.Secret),
        ]);
        _worker.Start();
        Account = await _api.RegisterAsync();
        await WebhooksFixture.AddAsync(Account, $"{_taking.Url}/secret-of-the-receiver", "task.created");
        await WebhooksFixture.AddAsync(Account, _refusing.Url, "task.created");
    }

    /// <summary>Makes a task through the load balancer; its trace.</summary>
    public async Task<string> CreateTaskAsync(bool isSampled)
    {
        var trace = ActivityTraceId.CreateRandom().ToHexString();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/tasks");
        request.Content = JsonContent.Create(new { title = trace });
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Account.AccessToken);
        request.Headers.Add("traceparent", $"00-{trace}-{Hop}-{(isSampled ? "01" : "00")}");
        using var client = new HttpClient { BaseAddress = _nginx.Address };
        using var response = await client.SendAsync(request);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        return trace;
    }

    /// <summary>The call that told the receiver of the task that was made in a trace, once it has come.</summary>
    internal async Task<Call> CallAsync(string trace)
    {
        Call? Found() => _taking.Calls.FirstOrDefault(c => c.Data.GetProperty("title").GetString() == trace);
        await Poll.UntilAsync(() => Found() is not null, seconds: 30);
        return Found()!;
    }

    public async Task DisposeAsync()
    {
        if (_worker is not null) await _worker.DisposeAsync();
        Account?.Dispose();
        if (_nginx is not null) await _nginx.DisposeAsync();
        if (_api is not null) await _api.DisposeAsync();
        await _taking.DisposeAsync();
        await _refusing.DisposeAsync();
        await Collector.DisposeAsync();
    }
}

/// <summary>What a collector gets of a request, of the job that it causes, and of the webhook that the job calls.</summary>
public sealed class TracedWorkTests(TracedWork work) : IClassFixture<TracedWork>
{
    [Fact]
    public async Task A_request_through_the_load_balancer_its_job_and_the_webhook_that_the_job_calls_are_one_trace()
    {
        var before = DateTimeOffset.UtcNow;
        var trace = await work.CreateTaskAsync(isSampled: true);
        var call = await work.CallAsync(trace);
        IReadOnlyList<ReceivedSpan> spans = [];
        await Poll.UntilAsync(() =>
        {
            spans = work.Collector.Trace(trace);
            return spans.Any(s => s.IsBalancer()) && spans.Any(s => s.IsRedis() && s.Service == "api")
                && spans.Count(s => s.IsCall()) >= 2 && spans.Count(s => s.Name == "process webhooks.deliver") >= 2;
        }, seconds: 30);

        var server = Assert.Single(spans, s => s.Kind == ActivityKind.Server);
        Assert.Equal(("api", "POST /api/v1/tasks/", work.Hop), (server.Service, server.Name, server.ParentId));
        var balancer = Assert.Single(spans, s => s.IsBalancer());
        Assert.Equal(("api", "nginx: POST /api/v1/tasks/", work.Hop), (balancer.Service, balancer.Name, balancer.ParentId));
        // By nginx's clock, which has milliseconds.
        Assert.InRange(balancer.Began, before.AddMilliseconds(-2), server.Ended);
        Assert.Contains(spans, s => s.IsRedis() && s.Service == "api" && s.ParentId == server.SpanId);
        Assert.Contains(spans, s => s.IsPostgres() && s.ParentId == server.SpanId
            && s.Statement().Contains("INSERT INTO jobs", StringComparison.Ordinal));
        var published = Assert.Single(spans, s => s.Name == "process webhooks.publish");
        Assert.Equal(("worker", ActivityKind.Consumer, server.SpanId), (published.Service, published.Kind, published.ParentId));
        var calls = spans.Where(s => s.IsCall()).ToList();
        var taken = Assert.Single(calls, s => s.Attributes["http.response.status_code"] == "200");
        var delivered = Assert.Single(spans, s => s.SpanId == taken.ParentId);
        Assert.Equal(("worker", "process webhooks.deliver", ActivityKind.Consumer, published.SpanId),
            (delivered.Service, delivered.Name, delivered.Kind, delivered.ParentId));
        Assert.Equal(ActivityKind.Client, taken.Kind);
        // The receiver's own spans would be below the call.
        Assert.Equal($"00-{trace}-{taken.SpanId}-01", call.Headers["traceparent"]);
        Assert.DoesNotContain("tracestate", call.Headers.Keys);
        Assert.DoesNotContain("baggage", call.Headers.Keys);
    }

    [Fact]
    public async Task A_job_is_described_by_the_conventions_for_messages_and_a_call_by_those_for_clients_without_the_path()
    {
        var trace = await work.CreateTaskAsync(isSampled: true);
        IReadOnlyList<ReceivedSpan> Spans() => work.Collector.Trace(trace);
        await Poll.UntilAsync(
            () => Spans().Count(s => s.IsCall()) >= 2 && Spans().Any(s => s.Name == "process webhooks.publish"), seconds: 30);
        var job = Spans().First(s => s.Name == "process webhooks.publish").Attributes;
        Assert.Equal(("postgresql", "process", "process", "webhooks.publish", "1", "succeeded"),
            (job["messaging.system"], job["messaging.operation.name"], job["messaging.operation.type"],
                job["messaging.destination.name"], job["scalehub.job.attempt"], job["scalehub.job.outcome"]));
        Assert.True(Guid.TryParse(job["messaging.message.id"], out _));
        Assert.All(Spans().Where(s => s.IsCall()), s =>
        {
            Assert.Equal(("POST", "127.0.0.1", "task.created"),
                (s.Attributes["http.request.method"], s.Attributes["server.address"], s.Attributes["scalehub.event.type"]));
            Assert.DoesNotContain(s.Attributes.Values, v => v.Contains("secret-of-the-receiver", StringComparison.Ordinal));
        });
        var refused = Spans().First(s => s.IsCall() && s.Attributes["http.response.status_code"] == "503");
        Assert.Equal("503", refused.Attributes["error.type"]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Log_records_within_a_request_or_a_job_carry_its_trace_company_and_user_sampled_or_not(bool isSampled)
    {
        var trace = await work.CreateTaskAsync(isSampled);
        await Poll.UntilAsync(() =>
        {
            var ofTrace = work.Collector.Logs.Where(l => l.TraceId == trace).ToList();
            // Of the request, by ASP.NET Core, by EF Core for the handler, and by the request log; of the job, by the queue and EF Core.
            AssertTenant(ofTrace, l => l.Text.StartsWith("Executing endpoint", StringComparison.Ordinal));
            // Not the session, which is looked up to know whose request it is.
            AssertTenant(ofTrace, l => l.Service == "api" && l.Text.Contains("INSERT INTO tasks", StringComparison.Ordinal));
            AssertTenant(ofTrace, l => l.Category == "ScaleHub.Requests");
            AssertTenant(ofTrace, l => l.Service == "worker" && l.Category.EndsWith("JobRunner", StringComparison.Ordinal));
            AssertTenant(ofTrace, l => l.Service == "worker" && l.Category == "Microsoft.EntityFrameworkCore.Database.Command");
        }, seconds: 30);

        void AssertTenant(List<ReceivedLog> logs, Func<ReceivedLog, bool> which)
        {
            var found = logs.Where(which).ToList();
            Assert.NotEmpty(found);
            Assert.All(found, l => Assert.Equal(($"{work.Account.CompanyId}", $"{work.Account.UserId}"),
                (l.Attributes.GetValueOrDefault("scalehub.company.id"), l.Attributes.GetValueOrDefault("enduser.id"))));
        }
    }

    [Fact]
    public async Task Pools_of_a_worker_are_named_for_their_node_in_metrics_and_never_by_their_connection_string()
    {
        HashSet<string> names = [];
        await Poll.UntilAsync(() =>
        {
            names = [.. work.Collector.Metrics.Where(m => m.Service == "worker")
                .Select(m => m.Attributes.GetValueOrDefault("db.client.connection.pool.name", ""))];
            return names.IsSupersetOf(["scalehub", "scalehub-listener"]);
        });
        names.ExceptWith(["", "scalehub", "scalehub-monitor", "scalehub-listener", "scalehub-report"]);
        Assert.Empty(names);
    }

    [Fact]
    public async Task What_the_client_did_not_want_traced_is_traced_nowhere_and_the_receiver_is_told_so()
    {
        var trace = await work.CreateTaskAsync(isSampled: false);
        var call = await work.CallAsync(trace);
        Assert.StartsWith($"00-{trace}-", call.Headers["traceparent"], StringComparison.Ordinal);
        Assert.EndsWith("-00", call.Headers["traceparent"], StringComparison.Ordinal);
        // Spans are sent in the order in which they ended: with one of a later request, all of this one's would be there.
        var later = await work.CreateTaskAsync(isSampled: true);
        await Poll.UntilAsync(() => work.Collector.Trace(later).Any(s => s.IsCall()), seconds: 30);
        Assert.Empty(work.Collector.Trace(trace));
    }
}
