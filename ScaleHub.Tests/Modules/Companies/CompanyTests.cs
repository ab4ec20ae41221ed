using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Modules.Companies;

[Collection(ApiTests.Name)]
public sealed class CompanyTests(ApiFixture api)
{
    [Fact]
    public async Task An_admin_changes_the_name_and_everybody_reads_it()
    {
        using var account = await Account.RegisterAsync(api.Address);
        var changed = await (await account.Client.PatchAsJsonAsync("/api/v1/company", new { name = "New Name" }))
            .JsonAsync(HttpStatusCode.OK);
        Assert.Equal("New Name", changed.GetProperty("name").GetString());
        var read = await (await account.Client.GetAsync("/api/v1/company")).JsonAsync(HttpStatusCode.OK);
        Assert.Equal((account.CompanyId, "New Name"), (read.GetProperty("id").GetGuid(), read.GetProperty("name").GetString()));
    }

    [Theory]
    [InlineData("""{"name":null}""")]
    [InlineData("""{"name":"  "}""")]
    [InlineData("""{"name":""}""")]
    [InlineData("""{"name":"a\u0000"}""")]
    [InlineData("[]")]
    public async Task A_name_that_is_none_is_400_and_changes_nothing(string body)
    {
        using var account = await Account.RegisterAsync(api.Address);
        await (await account.Client.PatchAsync("/api/v1/company", Responses.Json(body))).ProblemAsync(HttpStatusCode.BadRequest);
        Assert.Equal("Test Company", (await (await account.Client.GetAsync("/api/v1/company")).JsonAsync(HttpStatusCode.OK))
            .GetProperty("name").GetString());
    }

    [Fact]
    public async Task Plans_are_public_and_say_what_they_allow()
    {
        using var client = api.CreateClient();
        var plans = (await (await client.GetAsync("/api/v1/plans")).JsonAsync(HttpStatusCode.OK)).GetProperty("items")
            .EnumerateArray().ToList();
        Assert.Equal(["FREE", "BASIC", "PROFESSIONAL", "ENTERPRISE"], plans.Select(p => p.GetProperty("name").GetString()));
        Assert.Equal([500, 2000, 5000, 20000], plans.Select(p => p.GetProperty("requestsPer15Minutes").GetInt32()));
    }

    [Fact]
    public async Task A_plan_goes_down_only_when_what_is_used_fits_and_not_up_for_nothing()
    {
        using var account = await api.RegisterAsync("BASIC");
        for (var i = 0; i < 3; i++) await account.AddAsync("member");
        // Of the next month, too: this one may end meanwhile.
        var now = DateTimeOffset.UtcNow;
        var (month, next) = (now.ToString("yyyyMM", CultureInfo.InvariantCulture),
            new DateTime(now.Year, now.Month, 1).AddMonths(1).ToString("yyyyMM", CultureInfo.InvariantCulture));
        await PostgresServer.ExecuteAsync(api.Database.Owner, $"""
            insert into quota_counters values ('{account.CompanyId}', 'patients', 0, 101),
                ('{account.CompanyId}', 'products', 0, 50),
                ('{account.CompanyId}', 'orders', {month}, 101), ('{account.CompanyId}', 'orders', {next}, 101),
                ('{account.CompanyId}', 'exams', 202001, 5000)
            on conflict (company_id, resource, period_yyyymm) do update set used = excluded.used
            """);

        using var refused = await account.Client.PutAsJsonAsync("/api/v1/company/plan", new { plan = "FREE" });
        var over = (await refused.ProblemAsync(HttpStatusCode.Conflict)).GetProperty("over").EnumerateArray();
        Assert.Equal([("orders", 101, 100), ("patients", 101, 100), ("users", 4, 3)],
            over.Select(o => (o.GetProperty("resource").GetString()!, o.GetProperty("used").GetInt32(), o.GetProperty("limit")
                .GetInt32())));
        Assert.Equal("BASIC", (await (await account.Client.GetAsync("/api/v1/company")).JsonAsync(HttpStatusCode.OK))
            .GetProperty("plan").GetString());

        await PostgresServer.ExecuteAsync(api.Database.Owner, $"""
            update quota_counters set used = 1 where company_id = '{account.CompanyId}';
            update users set deleted_at = now() where company_id = '{account.CompanyId}' and role = 'member'
            """);
        await ChangeAsync(account, "FREE", HttpStatusCode.OK);
        await ChangeAsync(account, "FREE", HttpStatusCode.OK);
        var problem = await (await account.Client.PutAsJsonAsync("/api/v1/company/plan", new { plan = "ENTERPRISE" }))
            .ProblemAsync(HttpStatusCode.PaymentRequired);
        Assert.Contains("/api/v1/billing/subscription", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        await ChangeAsync(account, "FREE", HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("""{"plan":"GOLD"}""")]
    [InlineData("""{"plan":"free"}""")]
    [InlineData("""{"plan":null}""")]
    [InlineData("""{}""")]
    public async Task A_plan_that_does_not_exist_is_400(string body)
    {
        using var account = await Account.RegisterAsync(api.Address);
        await (await account.Client.PutAsync("/api/v1/company/plan", Responses.Json(body)))
            .ProblemAsync(HttpStatusCode.BadRequest);
    }

    private static async Task ChangeAsync(Account account, string plan, HttpStatusCode expected)
        => Assert.Equal(plan,
            (await (await account.Client.PutAsJsonAsync("/api/v1/company/plan", new { plan })).JsonAsync(expected))
                .GetProperty("plan").GetString());
}
