using System.Net;
using ScaleHub.Testing;

namespace ScaleHub.Tests.Http;

/// <summary>What two instances do while their only database is away, or nobody confirms what it writes.</summary>
public sealed class WithoutDatabaseTests : IAsyncLifetime
{
    private const int UserLimit = 30;
    private ApiInstances _instances = null!;

    public async Task InitializeAsync() => _instances = await ApiInstances.StartAsync(
        2, ("RateLimits__Policies__user__Limit", $"{UserLimit}"), ("Redis__TimeoutMs", "5000"));

    public async Task DisposeAsync() => await _instances.DisposeAsync();

    [Fact]
    public async Task Sessions_that_are_known_go_on_and_of_their_limits_only_that_of_the_plan_is_left_out_where_it_is_not_known()
    {
        using var account = await _instances.RegisterAsync();
        var (unknown, _) = await account.Client.SignInAsync(account.Email);
        using var second = account.At(_instances.Addresses[1]);
        // The second instance has the keys of tokens from somebody else.
        using var other = await _instances.RegisterAsync();
        using (var elsewhere = other.At(_instances.Addresses[1]))
            Assert.Equal(HttpStatusCode.OK, (await elsewhere.GetAsync("/api/v1/tasks")).StatusCode);
        // The first instance, and Redis, know the session and the list. The plan is known to the first alone.
        Assert.Equal(HttpStatusCode.OK, (await account.Client.GetAsync("/api/v1/tasks")).StatusCode);
        await _instances.KillDatabaseAsync();

        using var kept = await account.Client.GetAsync("/api/v1/tasks");
        Assert.Equal((HttpStatusCode.OK, $"\"plan\";q=500;w=900, \"user\";q={UserLimit};w=900"), (kept.StatusCode, PolicyOf(kept)));
        using var shared = await second.GetAsync("/api/v1/tasks");
        Assert.Equal((HttpStatusCode.OK, $"\"user\";q={UserLimit};w=900"), (shared.StatusCode, PolicyOf(shared)));
        using var refused = await second.SendAsync(unknown, "/api/v1/tasks");
        await refused.ProblemAsync(HttpStatusCode.ServiceUnavailable);
        Assert.NotNull(refused.Headers.RetryAfter);

        using var failed = await second.PostJsonAsync(
            "/api/v1/users", new { email = Account.NewEmail(), password = Account.Password });
        await failed.ProblemAsync(HttpStatusCode.ServiceUnavailable);
        Assert.Equal($"\"user\";q={UserLimit};w=900, \"strict\";q=10;w=60", PolicyOf(failed));
        // Of those of the user, four are spent.
        for (var i = 4; i < UserLimit; i++) Assert.Equal(HttpStatusCode.OK, (await second.GetAsync("/api/v1/tasks")).StatusCode);
        var problem = await (await second.GetAsync("/api/v1/tasks")).ProblemAsync(HttpStatusCode.TooManyRequests);
        Assert.Equal("user", Assert.Single(problem.GetProperty("violated-policies").EnumerateArray()).GetString());
    }

    [Fact]
    public async Task What_counts_against_a_quota_is_503_and_is_not_created_and_its_key_is_free_when_the_database_is_back()
    {
        const string Body = """{"name":"Ada"}""";
        using var account = await _instances.RegisterAsync();
        await account.CreatePatientAsync();
        await _instances.KillDatabaseAsync();
        using var refused = await account.Client.PostOnceAsync("/api/v1/patients", "key", Body);
        await refused.ProblemAsync(HttpStatusCode.ServiceUnavailable);
        Assert.NotNull(refused.Headers.RetryAfter);

        await _instances.StartDatabaseAsync();
        Assert.Equal(["1"], await PatientsAsync());
        using var second = account.At(_instances.Addresses[1]);
        await Poll.UntilAsync(async () => (await second.GetAsync("/health/ready")).EnsureSuccessStatusCode());
        // The first attempts may get a connection from before.
        await Poll.UntilAsync(async () =>
        {
            using var again = await second.PostOnceAsync("/api/v1/patients", "key", Body);
            Assert.Equal((HttpStatusCode.Created, false), (again.StatusCode, again.Headers.Contains("Idempotency-Replayed")));
        });
        Assert.Equal(["2"], await PatientsAsync());
        Assert.Empty(await _instances.QueryAsync("select resource from quota_drift"));

        Task<List<string>> PatientsAsync()
            => _instances.QueryAsync($"select count(*) from patients where company_id = '{account.CompanyId}'");
    }

    [Fact]
    public async Task A_replay_waits_for_a_standby_like_the_write_and_is_503_while_none_confirms()
    {
        const string Body = """{"name":"Ada"}""";
        using var account = await _instances.RegisterAsync();
        await (await account.Client.PostOnceAsync("/api/v1/patients", "key", Body)).JsonAsync(HttpStatusCode.Created);
        await ConfirmedByAsync("ANY 1 (nobody)");
        using var refused = await account.Client.PostOnceAsync("/api/v1/patients", "key", Body);
        await refused.ProblemAsync(HttpStatusCode.ServiceUnavailable);
        Assert.NotNull(refused.Headers.RetryAfter);

        await ConfirmedByAsync("");
        using var replay = await account.Client.PostOnceAsync("/api/v1/patients", "key", Body);
        Assert.Equal((HttpStatusCode.Created, true), (replay.StatusCode, replay.Headers.Contains("Idempotency-Replayed")));

        // What Durability=quorum makes of the primary.
        async Task ConfirmedByAsync(string standbys)
        {
            await _instances.ExecuteAsync($"alter system set synchronous_standby_names = '{standbys}'");
            await _instances.ExecuteAsync("select pg_reload_conf()");
            await Poll.UntilAsync(async () =>
                Assert.Equal([standbys], await _instances.QueryAsync("show synchronous_standby_names")));
        }
    }

    private static string PolicyOf(HttpResponseMessage response) => response.Headers.GetValues("RateLimit-Policy").Single();
}
