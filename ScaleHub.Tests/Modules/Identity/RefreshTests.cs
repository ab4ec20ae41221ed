using System.Net;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Modules.Identity;

[Collection(ApiTests.Name)]
public sealed class RefreshTests(ApiFixture api)
{
    [Fact]
    public async Task A_refresh_gives_new_tokens_that_work()
    {
        using var account = await Account.RegisterAsync(api.Address);
        var (_, first) = await account.Client.SignInAsync(account.Email);
        var (access, second) = SignIns.Tokens(await (await account.Client.RefreshAsync(first)).JsonAsync(HttpStatusCode.OK));
        Assert.NotEqual(first, second);
        Assert.Equal(HttpStatusCode.OK, await account.Client.StatusAsync(access));
        await (await account.Client.RefreshAsync(second)).JsonAsync(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Two_tabs_that_refresh_one_token_within_seconds_both_go_on_with_the_same_successor()
    {
        using var account = await Account.RegisterAsync(api.Address);
        var (_, token) = await account.Client.SignInAsync(account.Email);
        var (_, first) = SignIns.Tokens(await (await account.Client.RefreshAsync(token)).JsonAsync(HttpStatusCode.OK));
        var (access, second) = SignIns.Tokens(await (await account.Client.RefreshAsync(token)).JsonAsync(HttpStatusCode.OK));
        Assert.Equal(first, second);
        Assert.Equal(HttpStatusCode.OK, await account.Client.StatusAsync(access));
        await (await account.Client.RefreshAsync(second)).JsonAsync(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData(1, "")]
    [InlineData(1, "a minute ago")]
    [InlineData(3, "the same client")]
    public async Task A_refresh_token_that_another_client_sends_again_or_that_is_older_ends_its_session(int refreshes, string how)
    {
        using var account = await Account.RegisterAsync(api.Address);
        var (_, stolen) = await account.Client.SignInAsync(account.Email);
        var (access, newest) = ("", stolen);
        for (var i = 0; i < refreshes; i++)
            (access, newest) = SignIns.Tokens(await (await account.Client.RefreshAsync(newest)).JsonAsync(HttpStatusCode.OK));
        if (how == "a minute ago")
        {
            await PostgresServer.ExecuteAsync(api.Database.Owner, $"""
                update sessions set refreshed_at = refreshed_at - interval '1 minute' where company_id = '{account.CompanyId}'
                """);
        }
        using var client = api.CreateClient();
        if (how == "") client.DefaultRequestHeaders.UserAgent.ParseAdd("Thief/1.0");

        await (await client.RefreshAsync(stolen)).ProblemAsync(HttpStatusCode.Unauthorized);
        await (await account.Client.RefreshAsync(newest)).ProblemAsync(HttpStatusCode.Unauthorized);
        await Poll.UntilAsync(
            async () => Assert.Equal(HttpStatusCode.Unauthorized, await account.Client.StatusAsync(access)), seconds: 1);
        // The user's other session is another family.
        Assert.Equal(HttpStatusCode.OK, await account.Client.StatusAsync(account.AccessToken));
    }

    [Fact]
    public async Task Refreshes_of_one_token_at_the_same_time_never_leave_two_successors()
    {
        using var account = await Account.RegisterAsync(api.Address);
        for (var round = 0; round < 5; round++)
        {
            var (_, token) = await account.Client.SignInAsync(account.Email);
            var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => account.Client.RefreshAsync(token)));
            var successors = new HashSet<string>();
            foreach (var answer in answers) successors.Add(SignIns.Tokens(await answer.JsonAsync(HttpStatusCode.OK)).Refresh);
            await (await account.Client.RefreshAsync(Assert.Single(successors))).JsonAsync(HttpStatusCode.OK);
        }
    }

    [Fact]
    public async Task A_token_that_somebody_made_up_is_refused_and_ends_nothing()
    {
        using var account = await Account.RegisterAsync(api.Address);
        var (access, token) = await account.Client.SignInAsync(account.Email);
        foreach (var forged in (string[])["x", "", "\u0000", new string('A', 107), Change(token, 10), Change(token, 30),
            Change(token, 60), Change(token, 100), token + "A"])
        {
            var status = (await account.Client.RefreshAsync(forged)).StatusCode;
            Assert.True(status is HttpStatusCode.Unauthorized or HttpStatusCode.BadRequest, $"{status} for {forged}");
        }
        Assert.Equal(HttpStatusCode.OK, await account.Client.StatusAsync(access));
        await (await account.Client.RefreshAsync(token)).JsonAsync(HttpStatusCode.OK);

        static string Change(string text, int at) => $"{text[..at]}{(text[at] == 'A' ? 'B' : 'A')}{text[(at + 1)..]}";
    }

    [Fact]
    public async Task Nothing_that_a_token_could_be_made_of_is_in_the_database()
    {
        using var account = await Account.RegisterAsync(api.Address);
        var (_, token) = await account.Client.SignInAsync(account.Email);
        var rows = await PostgresServer.QueryAsync(api.Database.Owner,
            $"select s::text from sessions s where company_id = '{account.CompanyId}'");
        Assert.NotEmpty(rows);
        var secret = Convert.ToHexString(global::System.Buffers.Text.Base64Url.DecodeFromChars(token)[32..64]);
        Assert.All(rows, row => Assert.DoesNotContain(secret, row, StringComparison.OrdinalIgnoreCase));
    }
}
