using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using ScaleHub.Testing;

namespace ScaleHub.Tests.Modules.Webhooks;

/// <summary>Who may have webhooks, how many, of what, and what they cost those that have none.</summary>
[Collection(WebhookTests.Name)]
public sealed class WebhooksTests(WebhooksFixture fixture)
{
    private const string Path = "/api/v1/webhooks", Url = "https://hooks.example.com/x";
    private static readonly string[] Events = ["task.created"];

    [Fact]
    public async Task A_webhook_is_read_changed_and_deleted_and_its_secret_is_shown_once()
    {
        using var account = await fixture.Api.RegisterAsync();
        var (path, secret) = await WebhooksFixture.AddAsync(account, Url, "task.created");
        var response = await account.Client.GetAsync(path);
        var tag = response.Headers.ETag!;
        var read = await response.JsonAsync(HttpStatusCode.OK);
        Assert.Equal(Url, read.GetProperty("url").GetString());
        var list = await (await account.Client.GetAsync(Path)).JsonAsync(HttpStatusCode.OK);
        Assert.Equal(read.ToString(), Assert.Single(list.GetProperty("items").EnumerateArray()).ToString());
        Assert.DoesNotContain("secret\":", read.ToString(), StringComparison.OrdinalIgnoreCase);

        var changed = await PatchAsync(account, path, new { description = "for Bob", isEnabled = false }, tag);
        Assert.Equal("byUser", (await changed.JsonAsync(HttpStatusCode.OK)).GetProperty("disabled").GetString());
        await (await PatchAsync(account, path, new { description = "late" }, tag)).ProblemAsync(HttpStatusCode.PreconditionFailed);
        Assert.Equal(HttpStatusCode.NoContent, (await account.Client.DeleteAsync(path)).StatusCode);
        await (await account.Client.GetAsync(path)).ProblemAsync(HttpStatusCode.NotFound);

        // Neither the secret nor its bytes are anywhere in the database.
        await WebhooksFixture.AddAsync(account, Url, "task.created");
        var key = Convert.ToHexStringLower(Convert.FromBase64String(secret["whsec_".Length..]));
        Assert.Equal(["0"], await fixture.Api.QueryAsync($"""
            select (select count(*) from webhooks where position('\x{key}'::bytea in secret) > 0)
                 + (select count(*) from idempotency_keys k where k::text like '%whsec%')
            """));
    }

    [Fact]
    public async Task What_is_no_webhook_is_refused_and_changes_nothing()
    {
        using var account = await fixture.Api.RegisterAsync();
        var (path, _) = await WebhooksFixture.AddAsync(account, Url, Events);
        var before = await account.Client.GetStringAsync(Path);
        foreach (var url in (string[])["http://hooks.example.com/", "ftp://127.0.0.1/", "https://user:secret@hooks.example.com/",
            "https://hooks.example.com/#x", "https://hooks.example.com/ x", "https://", "/hook", "https://a\uFF0Fb.example/", $"{Url}{new string('x', 2000)}", ""])
            await RefusedAsync(new { url, events = Events }, new { url }, "url");
        foreach (var events in (string?[][])[["task.creating"], ["webhook.ping"], [.. Events, .. Events], [], [null]])
            await RefusedAsync(new { url = Url, events }, new { events }, "events");
        Assert.Equal(before, await account.Client.GetStringAsync(Path));

        async Task RefusedAsync(object made, object changed, string member)
        {
            var problem = await (await account.Client.PostJsonAsync(Path, made)).ProblemAsync(HttpStatusCode.BadRequest);
            Assert.True(problem.GetProperty("errors").TryGetProperty(member, out _), problem.ToString());
            await (await account.Client.PatchAsJsonAsync(path, changed)).ProblemAsync(HttpStatusCode.BadRequest);
        }
    }

    [Fact]
    public async Task A_company_has_ten_at_most_however_many_ask_at_once_and_its_members_and_strangers_none()
    {
        using var account = await fixture.Api.RegisterAsync();
        using var stranger = await fixture.Api.RegisterAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 14).Select(_ =>
            account.Client.PostJsonAsync(Path, new { url = Url, events = Events })));
        Assert.Equal(10, answers.Count(a => a.StatusCode == HttpStatusCode.Created));
        Assert.Equal(4, answers.Count(a => a.StatusCode == HttpStatusCode.Conflict));
        var path = answers.First(a => a.StatusCode == HttpStatusCode.Created).Headers.Location;

        using var member = await account.ColleagueAsync(fixture.Api.Database.Owner);
        await (await member.GetAsync(Path)).ProblemAsync(HttpStatusCode.Forbidden);
        await (await stranger.Client.GetAsync(path)).ProblemAsync(HttpStatusCode.NotFound);
        await (await stranger.Client.GetAsync($"{path}/deliveries")).ProblemAsync(HttpStatusCode.NotFound);
        foreach (var action in (string[])["ping", "secret/rotate", $"deliveries/{Guid.NewGuid()}/redeliver"])
            await (await stranger.Client.PostAsync($"{path}/{action}", null)).ProblemAsync(HttpStatusCode.NotFound);
        await (await stranger.Client.DeleteAsync(path)).ProblemAsync(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task An_event_costs_nothing_while_nobody_listens_is_told_from_then_on_and_not_when_the_change_is_refused()
    {
        using var account = await fixture.Api.RegisterAsync();
        await using var receiver = await new Receiver().StartAsync();
        var task = await account.CreateTaskAsync("before");
        Assert.Equal(["0"], await fixture.Api.QueryAsync(
            $"select count(*) from job_history where company_id = '{account.CompanyId}' and kind like 'webhooks.%'"));

        var (path, _) = await WebhooksFixture.AddAsync(account, receiver.Url, "task.created", "task.deleted");
        await account.CreateTaskAsync("after");
        (await account.Client.PatchAsJsonAsync($"/api/v1/tasks/{task}", new { title = "not subscribed" })).EnsureSuccessStatusCode();
        await (await account.Client.PostJsonAsync("/api/v1/tasks/bulk-delete", new { ids = new[] { task, Guid.NewGuid() } }))
            .ProblemAsync(HttpStatusCode.NotFound);
        (await account.Client.DeleteAsync($"/api/v1/tasks/{task}")).EnsureSuccessStatusCode();
        await Poll.UntilAsync(async () => Assert.Equal(
            2, (await WebhooksFixture.LogAsync(account, path, "?state=delivered")).Count), seconds: 30);
        Assert.Equal(["task.created after", "task.deleted "], receiver.Calls
            .Select(c => $"{c.Type} {(c.Data.TryGetProperty("title", out var title) ? title.GetString() : "")}").Order());
        Assert.All(receiver.Calls, c => Assert.Equal("application/json; charset=utf-8", c.Headers["content-type"]));
    }

    [Fact]
    public async Task What_is_sent_looks_as_the_catalogue_says()
    {
        using var account = await fixture.Api.RegisterAsync();
        await using var receiver = await new Receiver().StartAsync();
        var catalogue = (await (await account.Client.GetAsync($"{Path}/events")).JsonAsync(HttpStatusCode.OK)).GetProperty("items")
            .EnumerateArray().ToDictionary(e => e.GetProperty("type").GetString()!, e => e.GetProperty("example"));
        string[] told = ["invoice.created", "invoice.paid", "order.cancelled", "order.placed", "task.created", "task.deleted", "task.updated", "user.joined"];
        Assert.Subset(catalogue.Keys.ToHashSet(), told.ToHashSet());
        await WebhooksFixture.AddAsync(account, receiver.Url, told);

        var patient = await account.CreatePatientAsync();
        var product = await account.CreateProductAsync(stock: 1);
        var lines = new[] { new { productId = product, quantity = 1 } };
        var order = await account.Client.PostJsonAsync("/api/v1/orders", new { patientId = patient, lines });
        Assert.Equal(HttpStatusCode.Created, order.StatusCode);
        (await account.Client.PostAsync($"{order.Headers.Location}/cancel", null)).EnsureSuccessStatusCode();
        var task = await account.CreateTaskAsync("t");
        Guid[] ids = [task];
        (await account.Client.PostJsonAsync("/api/v1/tasks/bulk-update", new { ids, changes = new { status = "done" } }))
            .EnsureSuccessStatusCode();
        (await account.Client.PostJsonAsync("/api/v1/tasks/bulk-delete", new { ids })).EnsureSuccessStatusCode();
        await account.AddAsync("member");
        using var subscribe = new HttpRequestMessage(HttpMethod.Post, "/api/v1/billing/subscription")
        {
            Headers = { { "Idempotency-Key", "once" } },
            Content = Responses.Json("""{"plan":"BASIC","paymentMethod":"card-succeeds"}"""),
        };
        await (await account.Client.SendAsync(subscribe)).JsonAsync(HttpStatusCode.Created);

        await Poll.UntilAsync(
            () => Assert.Equal(told, receiver.Calls.Select(c => c.Type).Order(StringComparer.Ordinal)), seconds: 30);
        Assert.All(receiver.Calls, call => Assert.Equal(Shape(catalogue[call.Type]), Shape(call.Json)));
    }

    private static Task<HttpResponseMessage> PatchAsync(Account account, string path, object body, EntityTagHeaderValue tag)
    {
        var request = new HttpRequestMessage(HttpMethod.Patch, path) { Content = JsonContent.Create(body) };
        request.Headers.IfMatch.Add(tag);
        return account.Client.SendAsync(request);
    }

    /// <summary>The names of all members.</summary>
    private static string Shape(JsonElement json)
    {
        var shape = new StringBuilder();
        Add(json);
        return shape.ToString();

        void Add(JsonElement element)
        {
            if (element.ValueKind == JsonValueKind.Array && element.GetArrayLength() > 0) Add(element[0]);
            if (element.ValueKind != JsonValueKind.Object) return;
            shape.Append('{');
            foreach (var member in element.EnumerateObject())
            {
                shape.Append(member.Name).Append(' ');
                Add(member.Value);
            }
            shape.Append('}');
        }
    }
}
