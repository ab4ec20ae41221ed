using Microsoft.Extensions.DependencyInjection;
using NpgsqlTypes;
using ScaleHub.Core.Platform.Caching;
using ScaleHub.Core.Platform.Consistency;
using ScaleHub.Testing;

namespace ScaleHub.Tests.Platform.Caching;

/// <summary>What makes entries old, and that nothing makes them current again.</summary>
public sealed class CacheInvalidationTests : IAsyncLifetime
{
    private readonly RedisServer _redis = new();
    private readonly Guid _company = Guid.NewGuid();
    private CacheInstances _instances = null!;
    private long _truth = 1;

    public async Task InitializeAsync()
    {
        await _redis.InitializeAsync();
        _instances = await CacheInstances.StartAsync(_redis, 3);
    }

    public async Task DisposeAsync()
    {
        await _instances.DisposeAsync();
        await _redis.DisposeAsync();
    }

    [Theory]
    [InlineData("tasks", true)]
    [InlineData("*", true)]
    [InlineData("orders", false)]
    public async Task A_tag_a_namespace_or_everything_of_a_company_is_old_everywhere_and_the_rest_is_not(string tag, bool isOld)
    {
        await EachAsync(i => Assert.Equal(1, i.Value));
        _truth = 2;
        await _instances.RemoveAsync(0, _company, tag);
        await Poll.UntilAsync(() => EachAsync(i => Assert.Equal(isOld ? 2 : 1, i.Value)));
        // Loaded once again for all three, or not at all.
        await EachAsync(i => Assert.Equal(CacheOutcome.Hit, i.Outcome));
    }

    [Fact]
    public async Task A_key_alone_is_old_everywhere()
    {
        await EachAsync(i => Assert.Equal(1, i.Value));
        _truth = 2;
        await using var scope = _instances.Scope(1, _company);
        await Cache(scope).RemoveAsync("tasks:list");
        await Poll.UntilAsync(() => EachAsync(i => Assert.Equal(2, i.Value)));
    }

    [Fact]
    public async Task A_load_that_began_before_a_change_is_kept_by_nobody()
    {
        var gate = new TaskCompletionSource<long>();
        var began = new TaskCompletionSource();
        var early = _instances.GetAsync(0, _company, "tasks:list", () =>
        {
            began.SetResult();
            return gate.Task;
        });
        await began.Task;
        _truth = 2;
        await _instances.RemoveAsync(1, _company, "tasks");
        // Whoever asks from now on does not wait for it, on the same instance neither.
        await Poll.UntilAsync(async () => Assert.Equal(2, (await GetAsync(0).WaitAsync(TimeSpan.FromSeconds(5))).Value));
        gate.SetResult(1);
        Assert.Equal(1, (await early).Value);
        await EachAsync(i => Assert.Equal(2, i.Value));
    }

    [Fact]
    public async Task Between_the_announcement_and_the_end_of_a_write_nothing_is_kept_and_loads_need_the_primary()
    {
        await EachAsync(i => Assert.Equal(1, i.Value));
        await using (var writer = _instances.Scope(0, _company))
        {
            await Cache(writer).WillChangeAsync("tasks");
            await Poll.UntilAsync(() => EachAsync(i => Assert.Equal(CacheOutcome.Miss, i.Outcome)));
            // As if the process died here: nobody else has heard of an end.
            await EachAsync(i => Assert.Equal(CacheOutcome.Miss, i.Outcome));
            await using var reader = _instances.Scope(1, _company);
            await Cache(reader).LoadAsync("tasks:list", services =>
            {
                Assert.True(services.GetRequiredService<ReadConsistency>().PrimaryOnly);
                return Task.FromResult(Cache(reader).Write(1));
            });
            _truth = 2;
        }
        // The unit of work has ended.
        await Poll.UntilAsync(() => EachAsync(i => Assert.Equal((2, CacheOutcome.Hit), i)));
    }

    [Fact]
    public async Task A_load_must_see_the_position_of_the_last_change()
    {
        await using (var writer = _instances.Scope(0, _company))
        {
            var consistency = writer.ServiceProvider.GetRequiredService<ReadConsistency>();
            // From now on the versions are known, so that the only unknown one is not the reason below.
            consistency.Wrote(new NpgsqlLogSequenceNumber(0xABCDEF));
            foreach (var tag in (string[])["tasks", "*"]) await Cache(writer).RemoveByTagAsync(tag);
            await Cache(writer).RemoveAsync("tasks:list");
        }
        await using var reader = _instances.Scope(1, _company);
        var needed = default(NpgsqlLogSequenceNumber);
        var primaryOnly = true;
        await Cache(reader).LoadAsync("tasks:list", services =>
        {
            var consistency = services.GetRequiredService<ReadConsistency>();
            (needed, primaryOnly) = (consistency.AtLeast, consistency.PrimaryOnly);
            return Task.FromResult(Cache(reader).Write(1));
        });
        Assert.Equal((0xABCDEFUL, false), ((ulong)needed, primaryOnly));
    }

    [Fact]
    public async Task A_reader_with_a_position_to_see_is_not_served_from_before_it_even_if_no_news_came()
    {
        await EachAsync(i => Assert.Equal(1, i.Value));
        _truth = 2;
        // Another instance's write, whose news this one does not get: only the version in Redis says so.
        using (var connection = await _redis.ConnectAsync())
        {
            await connection.GetDatabase().HashSetAsync(
                $"scalehub:{{{_company:N}}}:versions", "t:tasks", $"{0xABCDEF:X16}{DateTimeOffset.UtcNow.ToUnixTimeSeconds():X8}00000001");
        }
        Assert.Equal((1, CacheOutcome.Hit), await GetAsync(0));
        await using var reader = _instances.Scope(0, _company);
        reader.ServiceProvider.GetRequiredService<ReadConsistency>().Require(new NpgsqlLogSequenceNumber(0xABCDEF));
        var found = await Cache(reader).LoadAsync("tasks:list", _ => Task.FromResult(Cache(reader).Write(_truth)));
        Assert.Equal(CacheOutcome.Miss, found.Outcome);
        Assert.Equal("2"u8, found.Value.Json);
    }

    [Fact]
    public async Task With_the_subscription_cut_again_and_again_nobody_is_served_from_more_than_a_second_before_the_cut()
    {
        using var killer = await _redis.ConnectAsync();
        using var stop = new CancellationTokenSource();
        // When each value became the truth; the first is always known.
        var since = new List<DateTime> { DateTime.UtcNow };
        var tooOld = new List<string>();
        var reads = 0;
        var readers = Enumerable.Range(0, 3).Select(i => Task.Run(async () =>
        {
            using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(2));
            while (!stop.IsCancellationRequested)
            {
                var asked = DateTime.UtcNow;
                var (value, _) = await GetAsync(i);
                Interlocked.Increment(ref reads);
                lock (since)
                {
                    // The value after it had been told to everybody for how long when this was asked?
                    if (value < since.Count && asked - since[(int)value] is var late && late > TimeSpan.FromSeconds(1))
                        tooOld.Add($"{value} of {since.Count}, {late.TotalSeconds:0.00} s");
                }
                await pace.WaitForNextTickAsync(CancellationToken.None);
            }
        })).ToList();
        for (var round = 0; round < 40; round++)
        {
            if (round % 2 == 0) await killer.GetDatabase().ExecuteAsync("CLIENT", "KILL", "TYPE", "pubsub");
            Interlocked.Increment(ref _truth);
            await _instances.RemoveAsync(round % 3, _company, "tasks");
            lock (since) since.Add(DateTime.UtcNow);
            var before = Volatile.Read(ref reads);
            await Poll.UntilAsync(() => Volatile.Read(ref reads) > before + 30);
        }
        await Poll.UntilAsync(() => EachAsync(i => Assert.Equal(_truth, i.Value)));
        await stop.CancelAsync();
        await Task.WhenAll(readers);
        Assert.Empty(tooOld);
    }

    private async Task EachAsync(Action<(long Value, CacheOutcome Outcome)> check)
    {
        for (var i = 0; i < 3; i++) check(await GetAsync(i));
    }

    private Task<(long Value, CacheOutcome Outcome)> GetAsync(int instance)
        => _instances.GetAsync(instance, _company, "tasks:list", () => Task.FromResult(Interlocked.Read(ref _truth)));

    private static CompanyCache Cache(AsyncServiceScope scope) => scope.ServiceProvider.GetRequiredService<CompanyCache>();
}
