using System.Net;
using System.Text.Json;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Http.Caching;

[Collection(ApiTests.Name)]
public sealed class CacheHealthTests(ApiFixture api)
{
    [Fact]
    public async Task An_operator_sees_how_the_cache_served_the_company_that_is_named_and_none_when_none_is()
    {
        using var account = await Account.RegisterAsync(api.Address);
        for (var i = 0; i < 5; i++) Assert.Equal(HttpStatusCode.OK, (await account.Client.GetAsync("/api/v1/tasks")).StatusCode);
        var access = await account.OperatorAsync(api.Database.Owner);

        Assert.Equal(5, Lookups((await AskAsync($"?companyId={account.CompanyId}")).GetProperty("company")));
        Assert.Equal(0, Lookups((await AskAsync($"?companyId={Guid.NewGuid()}")).GetProperty("company")));
        Assert.Equal(JsonValueKind.Null, (await AskAsync("")).GetProperty("company").ValueKind);

        static int Lookups(JsonElement of)
            => ((string[])["hits", "sharedHits", "joined", "stale", "misses"]).Sum(name => of.GetProperty(name).GetInt32());

        async Task<JsonElement> AskAsync(string query)
            => await (await account.Client.SendAsync(access, $"/api/health/cache{query}")).JsonAsync(HttpStatusCode.OK);
    }
}
