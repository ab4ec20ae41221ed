using System.Net;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;
using static Microsoft.Playwright.Assertions;

namespace ScaleHub.Tests.Modules.Operations;

/// <summary>The operators' page in a browser, with the real API behind it.</summary>
[Collection(PageTests.Name)]
public sealed class OpsPageTests(PagesFixture pages, InstalledBrowser browser)
{
    [Fact]
    public async Task An_operator_finds_the_slow_company_by_sort_and_by_search_and_sees_what_is_slow_and_that_it_is_a_problem()
    {
        await using var visit = await SignInAsync();
        await Expect(visit.Row("Open problems", PagesFixture.SlowName)).ToContainTextAsync("Company response");

        await visit.GoToAsync("/ops#/companies", "Companies");
        await visit.Button("p95").ClickAsync();
        var first = visit.Page.Locator("tbody tr").First;
        await Expect(first).ToContainTextAsync(PagesFixture.SlowName);
        await Expect(first).ToContainTextAsync(Traffic.SlowEndpoint);
        await Expect(first).ToContainTextAsync("1 problem");
        await Expect(visit.Page.Locator("th[aria-sort=descending]")).ToHaveTextAsync("p95");
        await visit.Page.GetByLabel("Search companies by name").FillAsync("street rad");
        await Expect(visit.Page.Locator("tbody tr")).ToHaveCountAsync(1);
        await Expect(visit.Page).ToHaveURLAsync(new Regex("#/companies\\?sort=p95&search=street"));

        await visit.Page.GetByRole(AriaRole.Link, new() { Name = PagesFixture.SlowName }).ClickAsync();
        await visit.ShowsAsync(PagesFixture.SlowName);
        var slow = visit.Row("Endpoints", "/api/v1/exams").First;
        await Expect(slow).ToContainTextAsync(new Regex(@"GET.*1\.\d+\u00a0s"));
        // By its trace the slowest request is found in traces and in the log.
        await Expect(slow.Locator("code").Last).ToHaveTextAsync(new Regex("^[0-9a-f]{32}$"));
        await Expect(visit.Row("Open problems", "Company response")).ToHaveCountAsync(1);
        await Expect(visit.Row("Sessions", pages.Slow.Email).First).ToBeVisibleAsync();
        await Expect(visit.Card("Quotas").GetByRole(AriaRole.Meter, new() { Name = "Users" }))
            .ToHaveAttributeAsync("aria-valuetext", new Regex(@"^\d+ of 50$"));
        var log = visit.Card("Audit log");
        await Expect(log.Locator("tbody tr")).ToHaveCountAsync(10);
        await log.GetByRole(AriaRole.Button, new() { Name = "Show more" }).ClickAsync();
        await Expect(log.Locator("tbody tr").Nth(10)).ToBeVisibleAsync();
        visit.AssertQuiet();
    }

    [Fact]
    public async Task Tiles_and_charts_move_by_themselves_as_requests_arrive()
    {
        await using var visit = await SignInAsync();
        var chart = visit.Card("Requests a minute");
        await Expect(visit.Page.GetByRole(AriaRole.Button, new() { Name = "Live", Exact = true })).ToBeVisibleAsync();
        await Expect(chart.Locator("svg text").Filter(new() { HasText = "20K" })).ToHaveCountAsync(0);
        await pages.Traffic.AddAsync(pages.Busy.CompanyId, 20_000);
        // The axis grows with the highest point.
        await Expect(chart.Locator("svg text").Filter(new() { HasText = "20K" })).ToHaveCountAsync(1);
        await Expect(visit.Tile("Requests a minute")).ToHaveTextAsync(new Regex(@"^[\d,]{5,}$"));
        await visit.Button("Show as table: Requests a minute").ClickAsync();
        await Expect(chart.GetByRole(AriaRole.Cell, new() { NameRegex = new(@"^2\d,\d{3}$") })).ToHaveCountAsync(1);
        visit.AssertQuiet();
    }

    [Fact]
    public async Task An_operator_changes_a_company_s_plan_and_is_told_when_it_does_not_fit()
    {
        const string Name = "Sandgate Orthodontics";
        using var account = await pages.RegisterAsync(Name);
        await using var visit = await SignInAsync();
        await visit.GoToAsync($"/ops#/company/{account.CompanyId}", Name);
        await ChangePlanAsync("ENTERPRISE");
        await Expect(visit.Page.Locator(".page-title .badge")).ToHaveTextAsync("Enterprise");
        Assert.Equal(["ENTERPRISE"], await pages.Api.QueryAsync($"select plan from companies where id = '{account.CompanyId}'"));
        await Expect(visit.Row("Audit log", "company.updated")).ToContainTextAsync("ENTERPRISE");

        await pages.Api.ExecuteAsync($"""
            insert into quota_counters values ('{account.CompanyId}', 'users', 0, 500)
            on conflict (company_id, resource, period_yyyymm) do update set used = 500
            """);
        await ChangePlanAsync("FREE");
        await Expect(visit.Page.GetByRole(AriaRole.Dialog)).ToContainTextAsync("Users: 500 in use");
        await visit.Button("Cancel").ClickAsync();
        await Expect(visit.Page.Locator(".page-title .badge")).ToHaveTextAsync("Enterprise");
        visit.AssertQuiet(409);

        async Task ChangePlanAsync(string plan)
        {
            await visit.Button("Change plan").ClickAsync();
            await visit.Page.GetByLabel("New plan").SelectOptionAsync(plan);
            await visit.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Change plan" }).ClickAsync();
        }
    }

    [Fact]
    public async Task A_dead_job_is_shown_with_its_error_and_runs_when_it_is_redriven()
    {
        var job = Guid.CreateVersion7();
        await pages.Api.ExecuteAsync($$"""
            insert into jobs (company_id, id, kind, payload, state, attempts, error)
            values ('{{pages.Slow.CompanyId}}', '{{job}}', 'mail.send',
                '{"to": "somebody@company.example", "subject": "Redriven", "paragraphs": ["Hello"]}', 'dead', 10,
                'System.IO.IOException: The mail server does not answer.')
            """);
        await using var visit = await SignInAsync();
        await visit.Page.GetByRole(AriaRole.Link, new() { Name = "Jobs" }).First.ClickAsync();
        await visit.ShowsAsync("Jobs");
        await Expect(visit.Row("Jobs by kind", "mail.send").GetByRole(AriaRole.Cell).Nth(4)).ToContainTextAsync("1");
        var row = visit.Row("Dead jobs", "The mail server does not answer.");
        await Expect(row).ToContainTextAsync("10 attempts");
        await row.GetByRole(AriaRole.Button, new() { Name = "Redrive this job of mail.send" }).ClickAsync();
        await visit.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Redrive", Exact = true })
            .ClickAsync();
        await Expect(visit.Page.Locator(".toast")).ToContainTextAsync("queued again");
        await Expect(row).ToHaveCountAsync(0);
        await Poll.UntilAsync(async () => Assert.Equal(["succeeded"], await pages.Api.QueryAsync(
            $"select state from job_history where id = '{job}'")), seconds: 40);
        visit.AssertQuiet();
    }

    [Fact]
    public async Task Nodes_instances_and_the_cache_are_shown()
    {
        await using var visit = await SignInAsync();
        await visit.GoToAsync("/ops#/nodes", "Nodes");
        await Expect(visit.Card("Database").Locator(".node").First).ToContainTextAsync("Primary");
        await Expect(visit.Card("api-1")).ToContainTextAsync("API");
        await Expect(visit.Card("api-1")).ToContainTextAsync("Live");
        await Expect(visit.Card("api-1").GetByRole(AriaRole.Meter, new() { NameRegex = new("^Connections to ") }))
            .ToHaveCountAsync(1);
        await Expect(visit.Card("worker")).ToContainTextAsync("Worker");
        await visit.Card("api-1").GetByText("How it sees the database").ClickAsync();
        await Expect(visit.Card("api-1").Locator("tbody tr")).ToContainTextAsync("Primary");
        await Expect(visit.Card("Cache and Redis")).ToContainTextAsync("Healthy");
        visit.AssertQuiet();
    }

    [Fact]
    public async Task Who_is_no_operator_is_told_so_and_stays_outside()
    {
        await using var visit = await Visit.BeginAsync(browser, pages.Api.Addresses[0], "/ops");
        await visit.SignInAsync(pages.Slow.Email, "wrong donkey charger");
        await Expect(visit.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("password");
        await visit.SignInAsync(pages.Slow.Email);
        await Expect(visit.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("This account is not an operator's.");
        await Expect(visit.Page.GetByRole(AriaRole.Navigation)).ToHaveCountAsync(0);
        visit.AssertQuiet(401);
    }

    [Fact]
    public async Task Signing_out_ends_the_session_and_the_page_asks_for_a_new_sign_in()
    {
        await using var visit = await SignInAsync();
        var token = await visit.Page.EvaluateAsync<string>(
            "() => JSON.parse(sessionStorage.getItem('scalehub.ops')).accessToken");
        using var client = pages.Api.CreateClient();
        Assert.Equal(HttpStatusCode.OK, await client.StatusAsync(token, "/api/admin/jobs"));
        await visit.Button("Sign out").ClickAsync();
        await Expect(visit.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("You have signed out.");
        await Poll.UntilAsync(async ()
            => Assert.Equal(HttpStatusCode.Unauthorized, await client.StatusAsync(token, "/api/admin/jobs")));
        await visit.Page.ReloadAsync();
        await visit.ShowsAsync("Sign in");
        visit.AssertQuiet();
    }

    [Fact]
    public async Task The_keyboard_alone_signs_in_skips_the_navigation_and_changes_the_section()
    {
        await using var visit = await Visit.BeginAsync(browser, pages.Api.Addresses[0], "/ops");
        await visit.SignInByKeyboardAsync(pages.Operator);
        await visit.ShowsAsync("Overview");
        await visit.SkipByKeyboardAsync();
        await visit.Page.GetByRole(AriaRole.Link, new() { Name = "Companies" }).FocusAsync();
        await visit.Page.Keyboard.PressAsync("Enter");
        await visit.ShowsAsync("Companies");
        await Expect(visit.Page.Locator("h1")).ToBeFocusedAsync();
        visit.AssertQuiet();
    }

    [Theory]
    [InlineData("light", ColorScheme.Light, 1280)]
    [InlineData("dark", ColorScheme.Dark, 1280)]
    [InlineData("narrow", ColorScheme.Light, 360)]
    public async Task Every_section_fits_its_window_and_can_be_read_by_everybody(string look, ColorScheme scheme, int width)
    {
        var jobs = await AddDeadJobsAsync();
        await using var visit = await Visit.BeginAsync(browser, pages.Api.Addresses[0], "/ops", scheme, width);
        await visit.AssertLooksRightAsync($"ops-sign-in-{look}");
        await pages.Traffic.CatchUpAsync();
        await visit.SignInAsync(pages.Operator);
        foreach (var (address, heading, picture) in ((string, string, string?)[])
            [
                ("overview", "Overview", "ops-overview"), ("companies?sort=p95", "Companies", "ops-companies"),
                ($"company/{pages.Slow.CompanyId}", PagesFixture.SlowName, "ops-slow-company"), ("nodes", "Nodes", null),
                ("jobs", "Jobs", "ops-jobs"), ("alerts", "Alerts", null),
            ])
        {
            await visit.GoToAsync($"/ops#/{address}", heading);
            await Expect(visit.Page.GetByRole(AriaRole.Button, new() { Name = "Live", Exact = true })).ToBeVisibleAsync();
            await visit.AssertLooksRightAsync($"ops-{address.Split('?', '/')[0]}-{look}");
            if (look == "light" && picture is not null) await visit.PictureAsync(picture);
        }
        await pages.Api.ExecuteAsync($"delete from jobs where id in ('{string.Join("', '", jobs)}')");
        visit.AssertQuiet();
    }

    private async Task<Visit> SignInAsync()
    {
        await pages.Traffic.CatchUpAsync();
        var visit = await Visit.BeginAsync(browser, pages.Api.Addresses[0], "/ops");
        await visit.SignInAsync(pages.Operator);
        await visit.ShowsAsync("Overview");
        return visit;
    }

    private async Task<List<Guid>> AddDeadJobsAsync()
    {
        List<Guid> jobs = [];
        foreach (var (kind, error) in ((string, string)[])
            [
                ("webhooks.deliver", "System.Net.Http.HttpRequestException: The host hooks.example does not answer."),
                ("webhooks.deliver", "System.Net.Http.HttpRequestException: The host hooks.example does not answer."),
                ("exports.company", "System.IO.IOException: No space left on device"),
            ])
        {
            jobs.Add(Guid.CreateVersion7());
            await pages.Api.ExecuteAsync($"""
                insert into jobs (company_id, id, kind, state, attempts, error, trace_parent)
                values ('{pages.Slow.CompanyId}', '{jobs[^1]}', '{kind}', 'dead', 10, '{error}',
                    '00-{Guid.NewGuid():N}-00f067aa0ba902b7-01')
                """);
        }
        return jobs;
    }
}
