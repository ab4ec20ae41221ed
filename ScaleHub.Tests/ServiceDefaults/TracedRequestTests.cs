using System.Diagnostics;
using System.Net;
using ScaleHub.Testing;

namespace ScaleHub.Tests.ServiceDefaults;

/// <summary>
/// An API instance in a process of its own, a collector, and one request as the load balancer passes it on: the balancer's id of
/// the request is the trace, and its hop the parent.
/// </summary>
public sealed class TracedRequest : IAsyncLifetime
{
    public OtlpReceiver Receiver { get; private set; } = null!;

    public string Trace { get; } = ActivityTraceId.CreateRandom().ToHexString();

    public string Hop { get; } = ActivitySpanId.CreateRandom().ToHexString();

    public Guid Company { get; private set; }

    private ApiProcesses? Api { get; set; }

    private string _token = "";

    public async Task InitializeAsync()
    {
        Receiver = await OtlpReceiver.StartAsync();
        Api = await ApiProcesses.StartAsync(1,
        [
            .. Receiver.Settings,
            // As Aspire names an instance.
            ("OTEL_SERVICE_NAME", "api-1"),
            ("OTEL_RESOURCE_ATTRIBUTES", "service.instance.id=abcdefgh"),
            // To the collector alone, ASP.NET Core's own lines of each request.
            ("Logging__OpenTelemetry__LogLevel__Default", "Information"),
        ]);
        using var account = await Api.RegisterAsync();
        Company = account.CompanyId;
        await account.CreateTaskAsync("Traced");

        _token = account.AccessToken;
        using var client = Api.CreateClient();
        using var request = Request(Trace);
        request.Headers.Add("ScaleHub-Balancer", "1900000000.250 0.125");
        using var response = await client.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    /// <summary>The request, in a trace.</summary>
    public HttpRequestMessage Request(string trace) => new(HttpMethod.Get, "/api/v1/tasks?limit=7")
    {
        Headers = { { "Authorization", $"Bearer {_token}" }, { "traceparent", $"00-{trace}-{Hop}-01" } },
    };

    /// <summary>One more request.</summary>
    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request)
    {
        using var client = Api!.CreateClient();
        return await client.SendAsync(request);
    }

    /// <summary>The request's spans once they are there: ASP.NET Core's, and the rest.</summary>
    public async Task<(ReceivedSpan Server, IReadOnlyList<ReceivedSpan> Inner)> SpansAsync()
    {
        IReadOnlyList<ReceivedSpan> spans = [];
        await Poll.UntilAsync(() =>
        {
            spans = Receiver.Trace(Trace);
            return spans.Any(s => s.IsBalancer()) && spans.Any(s => s.Kind == ActivityKind.Server)
                && spans.Any(s => s.IsRedis()) && spans.Any(s => s.IsPostgres());
        });
        var server = Assert.Single(spans, s => s.Kind == ActivityKind.Server);
        return (server, [.. spans.Where(s => s != server)]);
    }

    public async Task DisposeAsync()
    {
        if (Api is not null) await Api.DisposeAsync();
        await Receiver.DisposeAsync();
    }
}

/// <summary>What a collector gets of a request, and of an instance's upkeep.</summary>
public sealed class TracedRequestTests(TracedRequest traced) : IClassFixture<TracedRequest>
{
    private readonly OtlpReceiver _receiver = traced.Receiver;

    [Fact]
    public async Task A_request_from_the_load_balancer_is_one_trace_with_its_commands_to_redis_and_postgresql()
    {
        var (server, inner) = await traced.SpansAsync();
        Assert.Equal(("api-1", "GET /api/v1/tasks/", traced.Hop), (server.Service, server.Name, server.ParentId));
        Assert.Equal("/api/v1/tasks/", server.Attributes["http.route"]);
        Assert.Equal("200", server.Attributes["http.response.status_code"]);
        Assert.Contains(inner, s => s.IsRedis() && s.Kind == ActivityKind.Client && s.ParentId == server.SpanId);
        var select = Assert.Single(inner, s => s.IsPostgres() && s.Statement().Contains("FROM tasks", StringComparison.Ordinal));
        // Only a load makes a span, not the lookup that finds nothing or something.
        var load = Assert.Single(inner, s => s.Scope == "ScaleHub.Cache");
        Assert.Equal(("cache load tasks", ActivityKind.Internal, server.SpanId), (load.Name, load.Kind, load.ParentId));
        Assert.Equal((ActivityKind.Client, load.SpanId), (select.Kind, select.ParentId));
        var balancer = Assert.Single(inner, s => s.IsBalancer());
        Assert.Equal(("nginx: GET /api/v1/tasks/", traced.Hop, 1_900_000_000_125L, 1_900_000_000_250L),
            (balancer.Name, balancer.ParentId, balancer.Began.ToUnixTimeMilliseconds(), balancer.Ended.ToUnixTimeMilliseconds()));
        Assert.All(inner.Where(s => s != balancer), s => Assert.Contains(s.ParentId, inner.Select(p => p.SpanId).Append(server.SpanId)));
    }

    [Fact]
    public async Task A_hit_in_the_cache_makes_no_span_of_a_load()
    {
        await traced.SpansAsync();
        var trace = ActivityTraceId.CreateRandom().ToHexString();
        // Of the same user, so it must see no more than the one before.
        using var request = traced.Request(trace);
        using var response = await traced.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await Poll.UntilAsync(() => _receiver.Trace(trace).Any(s => s.Kind == ActivityKind.Server));
        Assert.DoesNotContain(_receiver.Trace(trace), s => s.Scope == "ScaleHub.Cache");
    }

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("1 2 3")]
    [InlineData("x y")]
    [InlineData("-1 -1")]
    [InlineData("1 2")]
    [InlineData("1e9 1")]
    [InlineData("1900000000.250 99999")]
    [InlineData("99999999999999999999999999999999999999 1")]
    public async Task What_is_not_the_load_balancers_adds_no_span(string header)
    {
        var trace = ActivityTraceId.CreateRandom().ToHexString();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/prices");
        request.Headers.Add("traceparent", $"00-{trace}-{traced.Hop}-01");
        request.Headers.TryAddWithoutValidation("ScaleHub-Balancer", header);
        using var response = await traced.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await Poll.UntilAsync(() => _receiver.Trace(trace).Any(s => s.Kind == ActivityKind.Server));
        Assert.DoesNotContain(_receiver.Trace(trace), s => s.IsBalancer());
    }

    [Fact]
    public async Task Spans_tell_neither_the_values_in_a_statement_nor_keys_in_redis()
    {
        var (_, inner) = await traced.SpansAsync();
        Assert.All(inner.SelectMany(s => s.Attributes.Values),
            value => Assert.DoesNotContain($"{traced.Company}", value, StringComparison.Ordinal));
        // That is what every key begins with.
        Assert.All(inner.Where(s => s.IsRedis()),
            s => Assert.DoesNotContain("scalehub:", s.Statement(), StringComparison.Ordinal));
    }

    [Fact]
    public async Task Log_records_carry_the_trace_of_their_request()
    {
        var (server, inner) = await traced.SpansAsync();
        var load = Assert.Single(inner, s => s.Scope == "ScaleHub.Cache");
        await Poll.UntilAsync(() => _receiver.Logs.Any(l => l.TraceId == traced.Trace
            && l.Text.StartsWith("Request finished", StringComparison.Ordinal)));
        Assert.All(_receiver.Logs.Where(l => l.TraceId == traced.Trace), l =>
        {
            Assert.Equal("api-1", l.Service);
            Assert.Contains(l.SpanId, (string[])[server.SpanId, load.SpanId]);
        });
    }

    [Theory]
    [InlineData("http.server.request.duration")]
    [InlineData("db.client.operation.duration")]
    [InlineData("dotnet.gc.collections")]
    [InlineData("scalehub.postgres.reads")]
    [InlineData("scalehub.ratelimit.decisions")]
    [InlineData("scalehub.cache.lookups")]
    public Task Metrics_of_the_framework_the_database_and_scalehub_arrive(string name)
        => Poll.UntilAsync(() => _receiver.Metrics.Any(m => m.Name == name && m.Service == "api-1"));

    [Fact]
    public async Task Pools_are_named_for_their_node_in_metrics_and_never_by_their_connection_string()
    {
        HashSet<string> names = [];
        await Poll.UntilAsync(() =>
        {
            names = [.. _receiver.Metrics.Select(m => m.Attributes.GetValueOrDefault("db.client.connection.pool.name", ""))];
            return names.Contains("scalehub");
        });
        names.ExceptWith(["", "scalehub", "scalehub-monitor", "scalehub-report"]);
        Assert.Empty(names);
    }

    [Fact]
    public async Task Health_probes_and_upkeep_make_no_spans()
    {
        // Spans are sent in the order in which they ended: what came before the request is there when the request is.
        await traced.SpansAsync();
        Assert.All(_receiver.Spans,
            s => Assert.True(s.ParentId.Length > 0 || s.Kind == ActivityKind.Server, $"{s.Name} {s.Statement()}"));
        Assert.All(_receiver.Spans, s => Assert.NotEqual("PING", s.Name));
        Assert.All(_receiver.Spans.Where(s => s.Kind == ActivityKind.Server),
            s => Assert.DoesNotContain("/health", s.Attributes["url.path"], StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_names_that_aspire_gives_an_instance_are_kept()
    {
        await traced.SpansAsync();
        Assert.Equal(["api-1"], _receiver.Resources.Keys);
        Assert.Equal("abcdefgh", _receiver.Resources["api-1"]["service.instance.id"]);
    }
}

/// <summary>Whose span it is.</summary>
internal static class SpanScopes
{
    public static bool IsBalancer(this ReceivedSpan span) => span.Scope == "ScaleHub.LoadBalancer";

    public static bool IsCall(this ReceivedSpan span) => span.Scope == "ScaleHub.Webhooks";

    public static bool IsRedis(this ReceivedSpan span) => span.Scope == "OpenTelemetry.Instrumentation.StackExchangeRedis";

    public static bool IsPostgres(this ReceivedSpan span) => span.Scope == "Npgsql";

    /// <summary>Under its present name, or the one before.</summary>
    public static string Statement(this ReceivedSpan span)
        => span.Attributes.GetValueOrDefault("db.query.text") ?? span.Attributes.GetValueOrDefault("db.statement") ?? "";
}
