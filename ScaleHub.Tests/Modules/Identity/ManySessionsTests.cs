using System.Net;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Modules.Identity;

[Collection(ApiTests.Name)]
public sealed class ManySessionsTests(ApiFixture api)
{
    [Fact]
    public async Task Signing_in_once_more_than_fifty_sessions_ends_the_oldest_and_no_other()
    {
        using var account = await Account.RegisterAsync(api.Address);
        var (second, _) = await account.Client.SignInAsync(account.Email);
        await InsertAsync(account, 48, "null");
        Assert.Equal(HttpStatusCode.OK, await account.Client.StatusAsync(account.AccessToken));

        var (newest, _) = await account.Client.SignInAsync(account.Email);
        await Poll.UntilAsync(async () =>
            Assert.Equal(HttpStatusCode.Unauthorized, await account.Client.StatusAsync(account.AccessToken)), seconds: 1);
        var list = await (await account.Client.SendAsync(second, "/api/v1/sessions")).JsonAsync(HttpStatusCode.OK);
        Assert.Equal(50, list.GetProperty("items").GetArrayLength());
        Assert.Equal(HttpStatusCode.OK, await account.Client.StatusAsync(newest));
    }

    [Fact]
    public async Task A_session_that_ended_thirty_days_ago_is_deleted_when_its_user_signs_in_and_no_sooner()
    {
        using var account = await Account.RegisterAsync(api.Address);
        using var other = await Account.RegisterAsync(api.Address);
        await InsertAsync(account, 1, "now() - interval '29 days 23 hours'");
        await InsertAsync(account, 2, "now() - interval '30 days 1 minute'");
        await InsertAsync(other, 1, "now() - interval '30 days 1 minute'");

        await account.Client.SignInAsync(account.Email);
        // Of the two that work, and the one that ended later.
        Assert.Equal(["3"], await CountAsync(account));
        Assert.Equal(["2"], await CountAsync(other));
    }

    /// <summary>Sessions that are younger than the first two of the account, and ended at a time or not.</summary>
    private Task InsertAsync(Account account, int sessions, string ended) => api.ExecuteAsync($"""
        insert into sessions (company_id, id, user_id, refresh_token_hash, created_at, refreshed_at, expires_at, revoked_at)
        select '{account.CompanyId}', gen_random_uuid(), '{account.UserId}', sha256(random()::text::bytea), now(), now(),
            now() + interval '30 days', {ended}
        from generate_series(1, {sessions})
        """);

    private Task<List<string>> CountAsync(Account account)
        => PostgresServer.QueryAsync(api.Database.Owner, $"select count(*) from sessions where company_id = '{account.CompanyId}'");
}
