using System.Net;
using System.Net.Http.Json;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Modules.Operations;

[Collection(ApiTests.Name)]
public sealed class CompanyOfOperatorTests(ApiFixture api)
{
    private static readonly string[] Events = ["task.created"];

    [Fact]
    public async Task An_operator_sees_who_is_signed_in_and_how_webhooks_are_but_no_secret_of_them()
    {
        using var account = await api.RegisterAsync("PROFESSIONAL");
        using var created = await account.Client.PostJsonAsync("/api/v1/webhooks",
            new { url = "https://hooks.example/path/with-a-secret", events = Events });
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        using var operators = await OperatorAsync(account);
        var company = await (await operators.GetAsync($"/api/admin/companies/{account.CompanyId}")).JsonAsync(HttpStatusCode.OK);
        Assert.Equal(("PROFESSIONAL", 1), (company.GetProperty("plan").GetString(), company.GetProperty("users").GetInt32()));
        Assert.Equal(account.Email, Assert.Single(company.GetProperty("sessions").EnumerateArray().ToList()).GetProperty("email").GetString());
        var webhook = Assert.Single(company.GetProperty("webhooks").EnumerateArray().ToList());
        Assert.Equal("hooks.example", webhook.GetProperty("host").GetString());
        Assert.DoesNotContain("with-a-secret", company.ToString(), StringComparison.Ordinal);
        await (await operators.GetAsync($"/api/admin/companies/{Guid.NewGuid()}")).ProblemAsync(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task An_operator_changes_the_plan_at_once_and_only_to_one_that_fits()
    {
        using var account = await api.RegisterAsync();
        using var operators = await OperatorAsync(account);
        var path = $"/api/admin/companies/{account.CompanyId}/plan";
        var changed = await (await operators.PutAsJsonAsync(path, new { plan = "ENTERPRISE" })).JsonAsync(HttpStatusCode.OK);
        Assert.Equal("ENTERPRISE", changed.GetProperty("plan").GetString());
        Assert.Equal("ENTERPRISE", (await (await account.Client.GetAsync("/api/v1/quotas")).JsonAsync(HttpStatusCode.OK)).GetProperty("plan").GetString());
        var entry = (await (await account.Client.GetAsync("/api/v1/audit?action=company.updated")).JsonAsync(HttpStatusCode.OK))
            .GetProperty("items").EnumerateArray().First();
        Assert.Equal("platform", entry.GetProperty("actor").GetString());
        Assert.Equal("ENTERPRISE", entry.GetProperty("changes").GetProperty("plan").GetProperty("to").GetString());

        await api.ExecuteAsync($"""
            insert into quota_counters values ('{account.CompanyId}', 'users', 0, 500)
            on conflict (company_id, resource, period_yyyymm) do update set used = 500
            """);
        using var refused = await operators.PutAsJsonAsync(path, new { plan = "FREE" });
        var problem = await refused.ProblemAsync(HttpStatusCode.Conflict);
        Assert.Equal("users", problem.GetProperty("over")[0].GetProperty("resource").GetString());
        await (await operators.PutAsJsonAsync(path, new { plan = "GOLD" })).ProblemAsync(HttpStatusCode.BadRequest);
        await (await operators.PutAsJsonAsync($"/api/admin/companies/{Guid.NewGuid()}/plan", new { plan = "FREE" }))
            .ProblemAsync(HttpStatusCode.NotFound);
        await (await account.Client.PutAsJsonAsync(path, new { plan = "FREE" })).ProblemAsync(HttpStatusCode.Forbidden);
    }

    private async Task<HttpClient> OperatorAsync(Account account)
    {
        var client = api.CreateClient();
        client.DefaultRequestHeaders.Authorization = new("Bearer", await account.OperatorAsync(api.Database.Owner));
        return client;
    }
}
