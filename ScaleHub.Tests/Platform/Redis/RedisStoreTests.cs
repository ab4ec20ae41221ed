using System.Net;
using ScaleHub.Core.Platform.Redis;
using ScaleHub.Testing;
using StackExchange.Redis;

namespace ScaleHub.Tests.Platform.Redis;

/// <summary>How long callers wait for Redis, and how long nobody asks after it did not answer in time.</summary>
public sealed class RedisStoreTests : IAsyncLifetime
{
    // The rest is longer than any of these tests may take; the time-out than a busy machine may keep a command waiting.
    private static readonly RedisOptions LongBreak = new() { BreakMs = 60_000, TimeoutMs = 500 };

    private readonly RedisServer _redis = new();

    public Task InitializeAsync() => _redis.InitializeAsync();

    public Task DisposeAsync() => _redis.DisposeAsync();

    [Fact]
    public async Task A_delay_costs_the_delay_and_not_a_break()
    {
        await using var store = _redis.CreateStore(LongBreak);
        for (var i = 0; i < 3; i++)
        {
            await UntilAnswersAsync(store);
            using (_redis.Freeze())
            {
                Assert.False(await AnswersAsync(store));
                Assert.False(store.Answers);
            }
        }
        await UntilAnswersAsync(store);
    }

    [Fact]
    public async Task A_server_that_is_always_late_is_left_alone_for_a_rest()
    {
        await using var store = _redis.CreateStore(LongBreak);
        await UntilAnswersAsync(store);
        Assert.False((await SlowAsync()).InTime);
        await Poll.UntilAsync(() => store.Answers);
        var (inTime, late) = await SlowAsync();
        Assert.False(inTime);

        Assert.Equal(1, (long)await late);
        Assert.False(await AnswersAsync(store));

        async Task<(bool InTime, Task<RedisResult> Late)> SlowAsync()
        {
            Task<RedisResult>? late = null;
            var (answered, _) = await store.TryAsync(db => late = db.ScriptEvaluateAsync(Sleep), CancellationToken.None);
            return (answered, late!);
        }
    }

    [Fact]
    public async Task A_server_that_is_gone_is_left_alone_until_the_connection_is_back()
    {
        await using var store = _redis.CreateStore(LongBreak);
        await UntilAnswersAsync(store);
        await _redis.KillAsync();
        Assert.False(await AnswersAsync(store));
        var asked = false;
        await store.TryAsync(_ => Task.FromResult(asked = true), CancellationToken.None);
        Assert.False(asked);
        // The rest is not over, and the next who asks is answered nevertheless.
        await _redis.StartAsync();
        await UntilAnswersAsync(store);
    }

    [Fact]
    public async Task Who_cannot_do_without_an_answer_waits_for_one_that_is_late_and_not_for_a_server_that_is_silent()
    {
        await using var store = _redis.CreateStore();
        await UntilAnswersAsync(store);
        Task<bool> asked;
        using (_redis.Freeze())
        {
            asked = AskAsync(store);
            await Poll.UntilAsync(() => !store.Answers);
            // Others have given up on it by now; this one goes on waiting, and is answered.
            Assert.False(asked.IsCompleted);
        }
        Assert.True(await asked);
        using (_redis.Freeze())
        {
            Assert.False(await AskAsync(store));
            // From here on at once, as the silence is known.
            Assert.False(await AskAsync(store));
        }
        await Poll.UntilAsync(async () => Assert.True(await AskAsync(store)));

        static async Task<bool> AskAsync(RedisStore store)
            => (await store.AskAsync(db => db.StringGetAsync("any"), CancellationToken.None)).Answered;
    }

    [Fact]
    public async Task Whatever_a_command_throws_is_no_answer_and_only_the_callers_cancellation_comes_through()
    {
        await using var store = _redis.CreateStore(new() { BreakMs = 100 });
        await UntilAnswersAsync(store);
        foreach (var command in (Func<IDatabase, Task<long>>[])[
            // What the client does not allow is a RedisCommandException, which is no RedisException.
            async db => { await db.Multiplexer.GetServers()[0].FlushDatabaseAsync(); return 1; },
            async db => (long)await db.ExecuteAsync("no-such-command"),
            _ => throw new InvalidCastException(),
            _ => Task.FromCanceled<long>(new(true))])
        {
            await UntilAnswersAsync(store);
            Assert.False((await store.TryAsync(command, CancellationToken.None)).Answered);
            Assert.False((await store.AskAsync(command, CancellationToken.None)).Answered);
            Assert.False(await store.SendAsync(command, CancellationToken.None));
        }
        await UntilAnswersAsync(store);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => store.TryAsync(db => db.StringGetAsync("any"), new(true)).AsTask());
    }

    [Fact]
    public async Task Who_wants_the_connection_gets_it_when_it_is_made_and_later()
    {
        await using var store = _redis.CreateStore();
        List<IConnectionMultiplexer> connections = [];
        store.WhenConnected(connections.Add);
        Assert.Empty(connections);
        await UntilAnswersAsync(store);
        store.WhenConnected(connections.Add);
        Assert.Equal([await store.GetConnectionAsync(), await store.GetConnectionAsync()], connections);
    }

    [Theory]
    [InlineData("redis://some%40body:s%2Cecret%3A@cache.example:7000/3", "cache.example:7000", "some@body", "s,ecret:", 3, false)]
    [InlineData("rediss://:secret@cache.example", "cache.example:6379", null, "secret", null, true)]
    [InlineData("cache.example:7000,password=secret", "cache.example:7000", null, "secret", null, false)]
    public void A_connection_string_is_a_url_or_the_clients_own_form(
        string text, string endPoint, string? user, string? password, int? database, bool tls)
    {
        var options = RedisUrl.Parse(text);
        var found = Assert.IsType<DnsEndPoint>(options.EndPoints.Single());
        Assert.Equal(endPoint, $"{found.Host}:{found.Port}");
        Assert.Equal((user, password, database, tls), (options.User, options.Password, options.DefaultDatabase, options.Ssl));
    }

    [Theory]
    [InlineData("redis://")]
    [InlineData("redis://cache.example/first")]
    [InlineData("cache.example,no-such-option=1")]
    public void A_connection_string_of_neither_form_is_refused_without_being_repeated(string text)
    {
        var refused = Assert.Throws<FormatException>(() => RedisUrl.Parse(text));
        Assert.DoesNotContain("example", refused.Message, StringComparison.Ordinal);
    }

    private static Task UntilAnswersAsync(RedisStore store)
        => Poll.UntilAsync(async () => Assert.True(await AnswersAsync(store)));

    private static async Task<bool> AnswersAsync(RedisStore store)
        => (await store.TryAsync(db => db.StringGetAsync("any"), CancellationToken.None)).Answered;

    // Three times as long as a command may take.
    private const string Sleep = """
        local function now() local time = redis.call('TIME') return time[1] * 1000 + time[2] / 1000 end
        local began = now()
        while now() < began + 1500 do end
        return 1
        """;
}
