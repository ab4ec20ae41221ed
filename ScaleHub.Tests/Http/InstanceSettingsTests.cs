using System.Net;
using Npgsql;
using ScaleHub.Testing;

namespace ScaleHub.Tests.Http;

/// <summary>One instance with two connections, one password at a time, and a minute in which a token may come again.</summary>
public sealed class InstanceSettingsTests(InstanceSettingsTests.Api api) : IClassFixture<InstanceSettingsTests.Api>
{
    private const int Connections = 2, GraceSeconds = 60;

    [Fact]
    public async Task When_the_pool_is_full_a_request_waits_for_the_connect_time_out_and_is_then_503_with_when_to_try_again()
    {
        using var account = await api.Instance.RegisterAsync();
        await using var owner = NpgsqlDataSource.Create(api.Instance.Database.Owner);
        await using var connection = await owner.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var locking = new NpgsqlCommand("lock table patients in access exclusive mode", connection, transaction))
            await locking.ExecuteNonQueryAsync();

        var requests = Enumerable.Range(0, Connections + 1).Select(_ => account.Client.GetAsync("/api/v1/patients")).ToList();
        var turnedAway = await Task.WhenAny(requests);
        requests.Remove(turnedAway);
        await (await turnedAway).ProblemAsync(HttpStatusCode.ServiceUnavailable);
        Assert.NotNull((await turnedAway).Headers.RetryAfter);
        Assert.All(requests, r => Assert.False(r.IsCompleted));

        await transaction.RollbackAsync();
        foreach (var response in await Task.WhenAll(requests)) Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await account.Client.GetAsync("/api/v1/patients")).StatusCode);
    }

    [Fact]
    public async Task More_passwords_than_may_wait_to_be_hashed_are_503_with_when_to_try_again()
    {
        using var client = api.Instance.CreateClient();
        var answers = await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => client.PostJsonAsync(
            "/api/v1/auth/login", new { email = Account.NewEmail(), password = "not the password" })));
        var turnedAway = answers.Where(a => a.StatusCode != HttpStatusCode.Unauthorized).ToList();
        Assert.InRange(turnedAway.Count, 1, 28);
        foreach (var answer in turnedAway)
        {
            await answer.ProblemAsync(HttpStatusCode.ServiceUnavailable);
            Assert.NotNull(answer.Headers.RetryAfter);
        }
    }

    [Theory]
    [InlineData(GraceSeconds - 20, true)]
    [InlineData(GraceSeconds + 1, false)]
    public async Task A_refresh_token_comes_again_within_the_seconds_that_are_set_and_no_later(int seconds, bool works)
    {
        using var account = await api.Instance.RegisterAsync();
        var (_, token) = await account.Client.SignInAsync(account.Email);
        var (_, next) = SignIns.Tokens(await (await account.Client.RefreshAsync(token)).JsonAsync(HttpStatusCode.OK));
        await api.Instance.ExecuteAsync($"""
            update sessions set refreshed_at = refreshed_at - interval '{seconds} seconds' where company_id = '{account.CompanyId}'
            """);
        using var again = await account.Client.RefreshAsync(token);
        if (works) Assert.Equal(next, SignIns.Tokens(await again.JsonAsync(HttpStatusCode.OK)).Refresh);
        else await again.ProblemAsync(HttpStatusCode.Unauthorized);
        Assert.Equal(works ? HttpStatusCode.OK : HttpStatusCode.Unauthorized, (await account.Client.RefreshAsync(next)).StatusCode);
    }

    public sealed class Api : IAsyncLifetime
    {
        public ApiInstances Instance { get; private set; } = null!;

        public async Task InitializeAsync() => Instance = await ApiInstances.StartAsync(1,
            ("Postgres__Pool__Max", $"{Connections}"), ("Postgres__ConnectTimeoutSeconds", "1"),
            ("Postgres__CommandTimeoutSeconds", "60"),
            ("Identity__HashesAtOnce", "1"), ("Identity__HashQueue", "1"), ("Identity__RefreshGraceSeconds", $"{GraceSeconds}"),
            ("RateLimits__Scale", "1000"), ("Redis__TimeoutMs", "5000"));

        public async Task DisposeAsync() => await Instance.DisposeAsync();
    }
}
