using System.Net;
using System.Net.ServerSentEvents;
using System.Text.Json;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;
using ScaleHub.LocalAspire;

namespace ScaleHub.Tests.LocalAspire;

public sealed class DashboardTests : IAsyncLifetime
{
    private readonly ExecutableResource _resource = new("api-1", "dotnet", "/");
    private readonly ResourceNotificationService _notifications = new(WaitBehavior.WaitOnResourceUnavailable);
    private readonly ResourceLoggerService _logs = new();
    private readonly List<string> _commands = [];
    private DashboardServer _dashboard = null!;
    private HttpClient _browser = null!;
    private ServiceProvider _services = null!;

    public async Task InitializeAsync()
    {
        var model = new DistributedApplicationModel(new ResourceCollection { _resource });
        _resource.Annotations.Add(new ResourceCommandAnnotation(
            "restart", "Restart", _ => ResourceCommandState.Enabled, Restart, null, null, null, null, null, false));
        _services = new ServiceCollection()
            .AddSingleton(model).AddSingleton(_notifications).AddSingleton(_logs)
            .AddSingleton(services => new ResourceCommandService(model, _logs, services))
            .BuildServiceProvider();
        await PublishAsync(KnownResourceStates.Starting);
        _dashboard = await DashboardServer.StartAsync(_services, port: 0, CancellationToken.None);
        _browser = Browser();
    }

    public async Task DisposeAsync()
    {
        _browser.Dispose();
        await _dashboard.DisposeAsync();
        await _services.DisposeAsync();
    }

    [Fact]
    public async Task The_login_address_gives_a_cookie_that_opens_the_dashboard()
    {
        var login = await _browser.GetAsync(_dashboard.LoginUrl);
        Assert.Equal(HttpStatusCode.Found, login.StatusCode);
        Assert.Equal("/", login.Headers.Location?.ToString());
        var cookie = Assert.Single(login.Headers.GetValues("Set-Cookie"));
        Assert.Contains("httponly", cookie);
        Assert.Contains("samesite=strict", cookie);

        var page = await _browser.GetAsync("/");
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.Contains("/assets/main.js", await page.Content.ReadAsStringAsync());
        var policy = Assert.Single(page.Headers.GetValues("Content-Security-Policy"));
        Assert.Contains("default-src 'none'; script-src 'self'", policy);
        Assert.DoesNotContain("unsafe", policy);
    }

    [Fact]
    public async Task After_a_link_on_another_site_the_page_moves_on_by_itself_because_a_redirect_goes_without_the_cookie()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, _dashboard.LoginUrl);
        request.Headers.Add("Sec-Fetch-Site", "cross-site");
        var answer = await _browser.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.True(answer.Headers.Contains("Set-Cookie"));
        Assert.Contains("http-equiv=\"refresh\"", await answer.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("/api/resources", HttpStatusCode.Unauthorized)]
    [InlineData("/api/resources/stream", HttpStatusCode.Unauthorized)]
    [InlineData("/api/console/stream", HttpStatusCode.Unauthorized)]
    [InlineData("/", HttpStatusCode.Found)]
    [InlineData("/assets/main.js", HttpStatusCode.Found)]
    [InlineData("/assets/login.css", HttpStatusCode.OK)]
    [InlineData("/login", HttpStatusCode.OK)]
    public async Task Without_the_cookie_there_is_only_the_login(string path, HttpStatusCode expected) =>
        Assert.Equal(expected, (await _browser.GetAsync(path)).StatusCode);

    [Fact]
    public async Task A_wrong_token_gets_the_form_again_with_an_error_and_no_cookie()
    {
        foreach (var answer in (HttpResponseMessage[])[await _browser.GetAsync("/login?t=00000000000000000000000000000000"),
                     await _browser.PostAsync("/login", new FormUrlEncodedContent([new("t", "wrong")]))])
        {
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
            Assert.False(answer.Headers.Contains("Set-Cookie"));
            Assert.Contains("role=\"alert\"", await answer.Content.ReadAsStringAsync());
        }
    }

    [Fact]
    public async Task The_form_takes_the_token()
    {
        var token = _dashboard.LoginUrl.Split("t=")[1];
        var answer = await _browser.PostAsync("/login", new FormUrlEncodedContent([new("t", $" {token} ")]));
        Assert.Equal(HttpStatusCode.Found, answer.StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await _browser.GetAsync("/api/resources")).StatusCode);
    }

    [Fact]
    public async Task Another_host_name_is_refused_even_with_the_cookie()
    {
        await LogInAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/resources");
        request.Headers.Host = "rebound.example:18888";
        Assert.Equal(HttpStatusCode.MisdirectedRequest, (await _browser.SendAsync(request)).StatusCode);
    }

    [Theory]
    [InlineData("Origin", "http://evil.example")]
    [InlineData("Origin", "http://localhost:1")]
    [InlineData("Origin", "null")]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    public async Task A_command_from_another_origin_is_refused(string header, string value)
    {
        await LogInAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/resources/api-1/commands/restart");
        request.Headers.Add(header, value);
        Assert.Equal(HttpStatusCode.Forbidden, (await _browser.SendAsync(request)).StatusCode);
        Assert.Empty(_commands);
    }

    [Fact]
    public async Task The_stream_begins_with_all_resources_and_goes_on_with_changes()
    {
        await LogInAsync();
        await using var events = await StreamAsync("/api/resources/stream");
        Assert.True(await events.MoveNextAsync());
        Assert.Equal("all", events.Current.EventType);
        Assert.Equal("Starting", Resource(events.Current).GetProperty("state").GetString());

        await PublishAsync(KnownResourceStates.Running);
        JsonElement resource;
        do
        {
            Assert.True(await events.MoveNextAsync());
            resource = Resource(events.Current);
        }
        while (resource.GetProperty("state").GetString() != "Running");

        Assert.Equal("change", events.Current.EventType);
        Assert.Equal("Healthy", resource.GetProperty("health").GetString());
        Assert.Equal("dotnet", resource.GetProperty("source").GetString());
    }

    [Fact]
    public async Task A_command_is_executed_and_its_result_told()
    {
        await LogInAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/resources/api-1/commands/restart");
        request.Headers.Add("Origin", $"http://localhost:{_dashboard.Port}");
        var answer = await _browser.SendAsync(request);
        var result = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
        Assert.True(result.GetProperty("success").GetBoolean());
        Assert.Equal(["restart"], _commands);

        answer = await _browser.PostAsync("/api/resources/api-1/commands/no-such", null);
        result = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
        Assert.False(result.GetProperty("success").GetBoolean());
        Assert.Contains("no-such", result.GetProperty("message").GetString());
    }

    [Fact]
    public async Task Console_lines_come_as_they_are_kept_ones_first()
    {
        await LogInAsync();
        _logs.Append("api-1", "<img src=x onerror=alert(1)> \u001b[31mred\u001b[0m", isError: true);
        await using var events = await StreamAsync("/api/console/stream?resource=api-1");
        Assert.True(await events.MoveNextAsync());
        Assert.Equal("ready", events.Current.EventType);
        Assert.True(await events.MoveNextAsync());
        var batch = JsonDocument.Parse(events.Current.Data).RootElement;
        var line = batch.GetProperty("lines")[0];
        Assert.Equal("api-1", batch.GetProperty("resource").GetString());
        Assert.Equal("<img src=x onerror=alert(1)> \u001b[31mred\u001b[0m", line.GetProperty("text").GetString());
        Assert.True(line.GetProperty("error").GetBoolean());

        _logs.Append("api-1", "live", isError: false);
        Assert.True(await events.MoveNextAsync());
        Assert.Contains("\"live\"", events.Current.Data);
    }

    [Fact]
    public async Task Files_are_asked_for_again_but_sent_only_when_they_changed()
    {
        await LogInAsync();
        var first = await _browser.GetAsync("/assets/main.js");
        Assert.Equal("text/javascript", first.Content.Headers.ContentType?.MediaType);
        using var again = new HttpRequestMessage(HttpMethod.Get, "/assets/main.js");
        again.Headers.IfNoneMatch.Add(first.Headers.ETag!);
        Assert.Equal(HttpStatusCode.NotModified, (await _browser.SendAsync(again)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await _browser.GetAsync("/assets/none.js")).StatusCode);
    }

    [Fact]
    public async Task A_taken_port_moves_to_the_next_free_one()
    {
        await using var second = await DashboardServer.StartAsync(_services, _dashboard.Port, CancellationToken.None);
        Assert.True(second.Port > _dashboard.Port);
        Assert.Contains($":{second.Port}/login?t=", second.LoginUrl);
    }

    [Fact]
    public async Task An_open_stream_does_not_hold_up_the_end()
    {
        await LogInAsync();
        await using var events = await StreamAsync("/api/console/stream");
        await _dashboard.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(1.5));
    }

    private static JsonElement Resource(SseItem<string> item) =>
        JsonDocument.Parse(item.Data).RootElement.EnumerateArray().Single(view => view.GetProperty("name").GetString() == "api-1");

    private Task<ExecuteCommandResult> Restart(ExecuteCommandContext context)
    {
        _commands.Add("restart");
        return Task.FromResult(CommandResults.Success());
    }

    private Task PublishAsync(string state) => _notifications.PublishUpdateAsync(
        _resource, snapshot => snapshot with { ResourceType = "Executable", State = state });

    private HttpClient Browser() =>
        new(new SocketsHttpHandler { AllowAutoRedirect = false, CookieContainer = new CookieContainer() })
        {
            BaseAddress = new Uri($"http://localhost:{_dashboard.Port}"),
            Timeout = TimeSpan.FromSeconds(20),
        };

    private Task LogInAsync() => _browser.GetAsync(_dashboard.LoginUrl);

    private async Task<IAsyncEnumerator<SseItem<string>>> StreamAsync(string path)
    {
        var answer = await _browser.GetAsync(path, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType?.MediaType);
        return SseParser.Create(await answer.Content.ReadAsStreamAsync()).EnumerateAsync().GetAsyncEnumerator();
    }
}
