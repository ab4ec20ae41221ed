using System.Net;
using ScaleHub.Testing;
using StackExchange.Redis;

namespace ScaleHub.Tests.Modules.Identity.Authentication;

/// <summary>Sessions while the primary is away: an instance, a standby, and a Redis that has forgotten what it knew of the sessions.</summary>
public sealed class LiveSessionsTests : IAsyncLifetime
{
    private readonly PostgresServer _postgres = new();
    private readonly RedisServer _redis = new();
    private StandbyServer _standby = null!;
    private ApiProcesses _api = null!;

    public async Task InitializeAsync()
    {
        await Task.WhenAll(_postgres.InitializeAsync(), _redis.InitializeAsync());
        var database = await _postgres.CreateDatabaseAsync();
        _standby = await StandbyServer.StartAsync(_postgres);
        _api = await ApiProcesses.StartAsync(_postgres, _redis, database, 1, _standby.SettingFor(database));
    }

    public async Task DisposeAsync()
    {
        if (_api is not null) await _api.DisposeAsync();
        if (_standby is not null) await _standby.DisposeAsync();
        await _redis.DisposeAsync();
        await _postgres.DisposeAsync();
    }

    [Fact]
    public async Task Without_the_primary_a_standby_says_whether_a_session_works_unless_a_change_of_it_was_announced()
    {
        using var unchanged = await _api.RegisterAsync();
        using var changed = await _api.RegisterAsync();
        foreach (var account in (Account[])[unchanged, changed]) Assert.Equal(HttpStatusCode.OK, await ReadAsync(account));
        await _standby.CatchUpAsync();
        using var redis = await _redis.ConnectAsync();
        var (key, other) = (KeyOf(redis, unchanged), KeyOf(redis, changed));

        await _postgres.KillAsync();
        await redis.GetDatabase().KeyDeleteAsync(key);
        // As whoever ends a session or changes its user's role writes it.
        await redis.GetDatabase().StringSetAsync(other, "?");

        // It is there again when the instance has forgotten the session as well and has asked the standby.
        List<HttpStatusCode> answers = [];
        await Poll.UntilAsync(async () =>
        {
            answers.Add(await ReadAsync(unchanged));
            Assert.True(await redis.GetDatabase().KeyExistsAsync(key));
        }, seconds: 60);
        Assert.All(answers, status => Assert.Equal(HttpStatusCode.OK, status));
        await Poll.UntilAsync(async () => Assert.Equal(HttpStatusCode.ServiceUnavailable, await ReadAsync(changed)), seconds: 60);
    }

    private static async Task<HttpStatusCode> ReadAsync(Account account)
    {
        using var response = await account.Client.GetAsync("/api/v1/tasks");
        return response.StatusCode;
    }

    private static RedisKey KeyOf(ConnectionMultiplexer redis, Account account)
        => Assert.Single(redis.GetServers()[0].Keys(pattern: $"*{account.CompanyId:N}*:session:*"));
}
