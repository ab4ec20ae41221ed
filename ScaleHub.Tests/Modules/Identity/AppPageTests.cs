using System.Net;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;
using static Microsoft.Playwright.Assertions;

namespace ScaleHub.Tests.Modules.Identity;

/// <summary>The company's own page in a browser, with the real API behind it.</summary>
[Collection(PageTests.Name)]
public sealed class AppPageTests(PagesFixture pages, InstalledBrowser browser)
{
    private readonly ApiInstances _api = pages.Api;

    [Fact]
    public async Task An_owner_sees_what_the_plan_allows_how_requests_go_and_what_is_wrong()
    {
        await pages.Traffic.CatchUpAsync();
        await using var visit = await SignInAsync(pages.Slow.Email);
        await Expect(visit.Page.Locator(".page-title .badge")).ToHaveTextAsync("Plan Professional");
        await Expect(visit.Page.GetByRole(AriaRole.Meter, new() { Name = "Patients" }))
            .ToHaveAttributeAsync("aria-valuetext", "6,412 of 10,000");
        await Expect(visit.Row("Open problems", "Company response")).ToHaveCountAsync(1);
        await Expect(visit.Tile("Requests")).ToHaveTextAsync(new Regex(@"^\d,\d{3}$"));
        await Expect(visit.Row("Endpoints", "/api/v1/exams").First).ToContainTextAsync(new Regex(@"GET.*1\.\d+\u00a0s"));
        await visit.Button("15 min").ClickAsync();
        await Expect(visit.Card("Endpoints")).ToContainTextAsync("in the last 15 minutes");
        await visit.Button("Show as table: Time to answer").ClickAsync();
        await Expect(visit.Card("Time to answer").Locator("tbody tr")).ToHaveCountAsync(15);
        visit.AssertQuiet();
    }

    [Fact]
    public async Task Another_session_is_ended_for_good_and_one_that_was_ended_elsewhere_leads_to_the_form()
    {
        using var account = await _api.RegisterAsync();
        using var phone = _api.CreateClient();
        phone.DefaultRequestHeaders.UserAgent.ParseAdd("curl/8.5.0");
        var (access, refresh) = await phone.SignInAsync(account.Email);
        await using var visit = await SignInAsync(account.Email);
        await visit.GoToAsync("/app#/sessions", "Sessions");
        await Expect(visit.Row("Your sessions", "This one")).ToContainTextAsync("Chrome on Linux");
        await Expect(visit.Page.Locator("tbody tr")).ToHaveCountAsync(3);
        await visit.Button("End the session of curl").ClickAsync();
        await visit.Button("End session").ClickAsync();
        await Expect(visit.Row("Your sessions", "curl")).ToHaveCountAsync(0);
        await Poll.UntilAsync(async () => Assert.Equal(HttpStatusCode.Unauthorized, await phone.StatusAsync(access)));
        await (await phone.RefreshAsync(refresh)).ProblemAsync(HttpStatusCode.Unauthorized);
        visit.AssertQuiet();

        Assert.Equal(HttpStatusCode.NoContent, (await account.Client.DeleteAsync("/api/v1/sessions")).StatusCode);
        await visit.Page.GetByRole(AriaRole.Link, new() { Name = "People" }).ClickAsync();
        await Expect(visit.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("Your session has ended.");
        visit.AssertQuiet(401);
    }

    [Fact]
    public async Task A_user_is_invited_by_mail_and_the_invitation_is_withdrawn()
    {
        using var account = await _api.RegisterAsync();
        await using var visit = await SignInAsync(account.Email);
        await visit.GoToAsync("/app#/people", "People");
        await Expect(visit.Row("Users", account.Email)).ToContainTextAsync("Owner");
        var email = Account.NewEmail();
        await visit.Button("Invite somebody").ClickAsync();
        await visit.Page.GetByLabel("E-mail address").FillAsync(email);
        await visit.Page.GetByLabel("Role", new() { Exact = true }).SelectOptionAsync("admin");
        await visit.Button("Send invitation").ClickAsync();
        await Expect(visit.Row("Invitations", email)).ToContainTextAsync("Admin");
        await pages.UntilMailAsync(email);
        await visit.Button($"Withdraw the invitation of {email}").ClickAsync();
        await visit.Button("Withdraw").ClickAsync();
        await Expect(visit.Row("Invitations", email)).ToHaveCountAsync(0);
        visit.AssertQuiet();
    }

    [Fact]
    public async Task An_api_key_is_shown_once_works_and_ends_when_it_is_revoked()
    {
        using var account = await _api.RegisterAsync();
        await using var visit = await SignInAsync(account.Email);
        await visit.GoToAsync("/app#/keys", "API keys");
        await visit.Button("Make a key").ClickAsync();
        await visit.Page.GetByLabel("Name", new() { Exact = true }).FillAsync("Import");
        await visit.Button("Make key").ClickAsync();
        var key = await visit.Page.GetByLabel("The key", new() { Exact = true }).InputValueAsync();
        using var machine = _api.CreateClient();
        Assert.Equal(HttpStatusCode.OK, await machine.StatusAsync(key, "/api/v1/tasks"));
        await visit.Button("Close").ClickAsync();
        await Expect(visit.Row("API keys", "Import")).ToContainTextAsync("Member");
        Assert.DoesNotContain(key, await visit.Page.ContentAsync(), StringComparison.Ordinal);

        await visit.Button("Revoke the key Import").ClickAsync();
        await visit.Button("Revoke").ClickAsync();
        await Expect(visit.Row("API keys", "Import")).ToHaveCountAsync(0);
        await Poll.UntilAsync(async ()
            => Assert.Equal(HttpStatusCode.Unauthorized, await machine.StatusAsync(key, "/api/v1/tasks")));
        visit.AssertQuiet();
    }

    [Fact]
    public async Task An_export_is_followed_to_its_file_and_is_still_there_after_a_reload()
    {
        using var account = await _api.RegisterAsync();
        await account.CreateTaskAsync("Order gloves");
        await using var visit = await SignInAsync(account.Email);
        await visit.GoToAsync("/app#/exports", "Exports");
        await visit.Page.GetByLabel("List", new() { Exact = true }).SelectOptionAsync("tasks");
        await visit.Button("Export").ClickAsync();
        await Expect(visit.Page.Locator(".export")).ToContainTextAsync("Ready");
        Assert.Contains("Order gloves", await DownloadAsync("Download: Tasks"), StringComparison.Ordinal);
        await visit.Page.ReloadAsync();
        Assert.Contains("Order gloves", await DownloadAsync("Download: Tasks"), StringComparison.Ordinal);
        await visit.Button("Export all data").ClickAsync();
        await Expect(visit.Button("Download: All data of the company")).ToBeVisibleAsync();
        await visit.Button("Write report").ClickAsync();
        await Expect(visit.Page.GetByRole(AriaRole.Button, new() { NameRegex = new("^Download: Report of ") }))
            .ToBeVisibleAsync();
        visit.AssertQuiet();

        async Task<string> DownloadAsync(string button)
        {
            var download = await visit.Page.RunAndWaitForDownloadAsync(() => visit.Button(button).ClickAsync());
            Assert.EndsWith(".csv", download.SuggestedFilename, StringComparison.Ordinal);
            await using var content = await download.CreateReadStreamAsync();
            using var reader = new StreamReader(content);
            return await reader.ReadToEndAsync();
        }
    }

    [Fact]
    public async Task Invoices_are_shown_with_their_lines_and_payments_and_downloaded()
    {
        await using var visit = await SignInAsync(pages.Slow.Email);
        await visit.GoToAsync("/app#/invoices", "Invoices");
        await Expect(visit.Card("Subscription")).ToContainTextAsync("Active");
        await Expect(visit.Row("Invoices", "Invoice 1")).ToContainTextAsync("Paid");
        await visit.Button("View invoice 1").ClickAsync();
        var dialog = visit.Page.GetByRole(AriaRole.Dialog);
        await Expect(dialog.GetByRole(AriaRole.Table, new() { Name = "Lines of the invoice" })).ToContainTextAsync("€");
        await Expect(dialog).ToContainTextAsync("Payments");
        await visit.AssertLooksRightAsync("app-invoice-light");
        var download = await visit.Page.RunAndWaitForDownloadAsync(
            () => dialog.GetByRole(AriaRole.Button, new() { Name = "Download" }).ClickAsync());
        Assert.Equal("invoice-1.html", download.SuggestedFilename);
        visit.AssertQuiet();
    }

    [Fact]
    public async Task A_member_sees_less_and_an_operator_is_sent_to_the_other_page()
    {
        using var account = await _api.RegisterAsync();
        var member = await account.AddAsync("member");
        await using var visit = await SignInAsync(member.Email);
        await Expect(visit.Page.GetByRole(AriaRole.Navigation).GetByRole(AriaRole.Link))
            .ToHaveTextAsync(["Overview", "Exports", "Sessions"]);
        await Expect(visit.Page.GetByRole(AriaRole.Meter).First).ToBeVisibleAsync();
        await Expect(visit.Card("Requests")).ToContainTextAsync("Your role does not show this");
        await visit.GoToAsync("/app#/exports", "Exports");
        await Expect(visit.Button("Export")).ToBeVisibleAsync();
        await Expect(visit.Button("Export all data")).ToHaveCountAsync(0);
        visit.AssertQuiet();
        await visit.GoToAsync("/app#/people", "People");
        await Expect(visit.Card("Users")).ToContainTextAsync("Your role does not show this");
        await visit.Button("Sign out").ClickAsync();
        await visit.ShowsAsync("Sign in");
        Assert.Equal(HttpStatusCode.OK, await account.Client.StatusAsync(account.AccessToken));

        await visit.SignInAsync(pages.Operator);
        await Expect(visit.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("Their page is /ops.");
        visit.AssertQuiet(403);
    }

    [Fact]
    public async Task The_keyboard_alone_signs_in_skips_the_navigation_and_answers_a_dialog()
    {
        using var account = await _api.RegisterAsync();
        await using var visit = await Visit.BeginAsync(browser, _api.Addresses[0], "/app");
        await visit.SignInByKeyboardAsync(account.Email);
        await visit.ShowsAsync("Overview");
        await visit.SkipByKeyboardAsync();
        await visit.GoToAsync("/app#/keys", "API keys");
        await visit.Button("Make a key").FocusAsync();
        await visit.Page.Keyboard.PressAsync("Enter");
        await Expect(visit.Page.GetByLabel("Name", new() { Exact = true })).ToBeFocusedAsync();
        await visit.Page.Keyboard.PressAsync("Escape");
        await Expect(visit.Page.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(0);
        await Expect(visit.Button("Make a key")).ToBeFocusedAsync();
        visit.AssertQuiet();
    }

    [Theory]
    [InlineData("light", ColorScheme.Light, 1280)]
    [InlineData("dark", ColorScheme.Dark, 1280)]
    [InlineData("narrow", ColorScheme.Light, 360)]
    public async Task Every_section_fits_its_window_and_can_be_read_by_everybody(string look, ColorScheme scheme, int width)
    {
        await pages.Traffic.CatchUpAsync();
        await using var visit = await SignInAsync(pages.Slow.Email, scheme, width);
        foreach (var (address, heading) in ((string, string)[])
            [
                ("overview", "Overview"), ("people", "People"), ("keys", "API keys"), ("invoices", "Invoices"),
                ("exports", "Exports"), ("sessions", "Sessions"),
            ])
        {
            await visit.GoToAsync($"/app#/{address}", heading);
            if (address == "exports")
                await Expect(visit.Page.Locator(".export").First).ToContainTextAsync(".csv, 3 rows");
            await visit.AssertLooksRightAsync($"app-{address}-{look}");
            if (look == "light" && address == "overview") await visit.PictureAsync("app-overview");
        }
        await visit.GoToAsync("/app#/people", "People");
        await visit.Button("Invite somebody").ClickAsync();
        await visit.AssertLooksRightAsync($"app-invite-{look}");
        visit.AssertQuiet();
    }

    private async Task<Visit> SignInAsync(string email, ColorScheme scheme = ColorScheme.Light, int width = 1280)
    {
        var visit = await Visit.BeginAsync(browser, _api.Addresses[0], "/app", scheme, width);
        await visit.SignInAsync(email);
        await visit.ShowsAsync("Overview");
        return visit;
    }
}
