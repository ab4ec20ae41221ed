using ScaleHub.Core.Platform.Redis;
using ScaleHub.Tests.Support;
using StackExchange.Redis;

namespace ScaleHub.Tests.Platform.Redis;

/// <summary>How long nobody asks Redis after it did not answer in time.</summary>
public sealed class RedisStoreTests : IAsyncLifetime
{
    // Longer than any of these tests may take.
    private static readonly RedisOptions LongRest = new() { RestMs = 60_000 };

    private readonly RedisServer _redis = new();

    public Task InitializeAsync() => _redis.InitializeAsync();

    public Task DisposeAsync() => _redis.DisposeAsync();

    [Fact]
    public async Task A_delay_costs_the_delay_and_not_a_rest()
    {
        await using var store = _redis.CreateStore(LongRest);
        for (var i = 0; i < 3; i++)
        {
            await Poll.UntilAsync(() => AnswersAsync(store));
            using (_redis.Freeze())
            {
                Assert.False(await AnswersAsync(store));
                Assert.False(store.Answers);
            }
        }
        await Poll.UntilAsync(() => AnswersAsync(store));
    }

    [Fact]
    public async Task A_server_that_is_always_late_is_left_alone_for_a_rest()
    {
        await using var store = _redis.CreateStore(LongRest);
        await Poll.UntilAsync(() => AnswersAsync(store));
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
    public async Task A_server_that_is_gone_is_left_alone_for_a_rest()
    {
        await using var store = _redis.CreateStore(LongRest);
        await Poll.UntilAsync(() => AnswersAsync(store));
        await _redis.KillAsync();
        Assert.False(await AnswersAsync(store));
        await _redis.StartAsync();
        Assert.False(await AnswersAsync(store));
    }

    private static async Task<bool> AnswersAsync(RedisStore store)
        => (await store.TryAsync(db => db.StringGetAsync("any"), CancellationToken.None)).Answered;

    // Three times as long as a command may take.
    private const string Sleep = """
        local function now() local time = redis.call('TIME') return time[1] * 1000 + time[2] / 1000 end
        local began = now()
        while now() < began + 300 do end
        return 1
        """;
}
