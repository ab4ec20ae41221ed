using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Text.Json;
using Aspire.Hosting.Testing;
using Microsoft.Playwright;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.System;

/// <summary>From a request through the queue, the worker and the mail server to what a developer sees, in the whole
/// system.</summary>
[Collection(GraphCollection.Name)]
public sealed class MailedLinksTests(GraphFixture graph, InstalledBrowser browser) : IClassFixture<InstalledBrowser>
{
    private const float Patience = 40_000;

    [Fact]
    public async Task A_mail_that_a_request_causes_is_on_the_page_of_the_mail_catcher_and_its_job_is_watched_through_the_balancer()
    {
        using var owner = await Account.RegisterAsync(graph.Address);
        var email = Account.NewEmail();
        (await owner.Client.PostAsJsonAsync("/api/v1/invitations", new { email })).EnsureSuccessStatusCode();

        // The newest of the company's jobs is the mail.
        var jobs = await owner.Client.GetFromJsonAsync<JsonElement>("/api/v1/jobs");
        var job = jobs.GetProperty("items")[0];
        Assert.Equal("mail.send", job.GetProperty("kind").GetString());
        using var stream = await owner.Client.GetAsync($"/api/v1/jobs/{job.GetProperty("id").GetGuid()}/events", HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal("text/event-stream", stream.Content.Headers.ContentType?.MediaType);
        var last = default(JsonElement);
        await foreach (var item in SseParser.Create(await stream.Content.ReadAsStreamAsync()).EnumerateAsync())
            last = JsonSerializer.Deserialize<JsonElement>(item.Data);
        Assert.Equal("succeeded", last.GetProperty("status").GetString());

        var page = await browser.Browser.NewPageAsync(new() { BaseURL = graph.App.GetEndpoint("mail", "http").ToString() });
        await page.GotoAsync("/");
        await page.Locator("#to").FillAsync(email);
        // The list is filtered a moment after the box is filled.
        var mail = page.Locator("#mails button").Filter(new() { HasText = email });
        await Assertions.Expect(mail).ToHaveCountAsync(1, new() { Timeout = Patience });
        await mail.ClickAsync();
        await Assertions.Expect(page.Locator("#subject")).ToHaveTextAsync("Join Test Company", new() { Timeout = Patience });
        await Assertions.Expect(page.FrameLocator("#html").GetByText("You are invited to work with Test Company.")).ToBeVisibleAsync(new() { Timeout = Patience });
        await Assertions.Expect(page.FrameLocator("#html").GetByRole(AriaRole.Link, new() { Name = "Join" })).ToBeVisibleAsync(new() { Timeout = Patience });
        var folder = Directory.CreateDirectory(Path.Combine(Repository.Root, "artifacts", "screenshots"));
        await page.ScreenshotAsync(new() { Path = Path.Combine(folder.FullName, "mails.png") });
    }
}
