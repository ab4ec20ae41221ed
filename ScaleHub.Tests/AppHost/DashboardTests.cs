using System.Net;
using Microsoft.Playwright;
using ScaleHub.Testing;

namespace ScaleHub.Tests.AppHost;

/// <summary>Aspire's dashboard, as a developer sees it after a start. Screenshots go to <c>artifacts/screenshots</c>.</summary>
[Collection(AppHostStarts.Name)]
public sealed class DashboardTests(InstalledBrowser browser) : IClassFixture<InstalledBrowser>, IAsyncLifetime
{
    private const float PatienceMs = 180_000;
    private readonly string _data = Directory.CreateTempSubdirectory("scalehub-test-").FullName;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await Poll.UntilAsync(() => Assert.Empty(ProcessTree.Using(_data)), seconds: 60);
        Directory.Delete(_data, recursive: true);
    }

    [Fact]
    public async Task The_printed_link_signs_in_and_shows_healthy_resources_and_the_trace_of_a_request_through_the_load_balancer()
    {
        await using var start = AppHostProcess.Start(
            ["--servers", "native", "--instances", "1", "--replicas", "1", "--volumes", "false"], ("SCALEHUB_DATA", _data));
        var api = new Uri(await start.LineAsync("API "));
        var link = await start.LineAsync("Dashboard ");

        var page = await browser.Browser.NewPageAsync(new() { ViewportSize = new() { Width = 1600, Height = 1000 } });
        page.SetDefaultTimeout(PatienceMs);
        await page.GotoAsync(link);
        foreach (var resource in (string[])["pg", "pg-replica-1", "redis", "migrate", "api-1", "worker", "lb"])
        {
            await Assertions.Expect(Row(page, resource)).ToBeVisibleAsync(new() { Timeout = PatienceMs });
            await Assertions.Expect(Row(page, resource)).ToContainTextAsync(resource == "migrate" ? "Finished" : "Running");
            await Assertions.Expect(Row(page, resource)).Not.ToContainTextAsync("Unhealthy");
        }
        await ScreenshotAsync(page, "dashboard-resources");
        // The replica is shown below its primary: indented.
        Assert.True(await LeftAsync(page, "pg-replica-1") > await LeftAsync(page, "pg"));

        using var account = await Account.RegisterAsync(api);
        using (var tasks = await account.Client.GetAsync("/api/v1/tasks")) Assert.Equal(HttpStatusCode.OK, tasks.StatusCode);
        await page.GotoAsync(new Uri(new Uri(link), "/traces").ToString());
        // The list is drawn anew whenever a span arrives; a click on a row that is replaced just then is lost.
        await Poll.UntilAsync(async () =>
        {
            await page.GetByText("GET /api/v1/tasks").First.ClickAsync();
            await page.WaitForURLAsync("**/traces/detail/**", new() { Timeout = 5000 });
        }, seconds: PatienceMs / 1000);
        var spans = page.Locator("body");
        foreach (var span in (string[])["nginx: GET /api/v1/tasks", "redis", "postgresql"])
        {
            await Assertions.Expect(spans).ToContainTextAsync(span, new() { Timeout = PatienceMs, IgnoreCase = true });
        }
        await ScreenshotAsync(page, "dashboard-trace");
    }

    private static ILocator Row(IPage page, string resource)
        => page.GetByRole(AriaRole.Row).Filter(new() { Has = page.GetByText(resource, new() { Exact = true }) }).First;

    private static async Task<float> LeftAsync(IPage page, string resource)
        => (await Row(page, resource).GetByText(resource, new() { Exact = true }).First.BoundingBoxAsync())!.X;

    private static async Task ScreenshotAsync(IPage page, string name)
    {
        var folder = Path.Combine(Projects.ScaleHub_AppHost.ProjectPath, "..", "artifacts", "screenshots");
        await page.ScreenshotAsync(new() { Path = Path.Combine(folder, $"{name}.png") });
    }
}
