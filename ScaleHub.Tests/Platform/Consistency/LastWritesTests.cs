using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using NpgsqlTypes;
using ScaleHub.Core.Platform.Consistency;
using ScaleHub.Core.Platform.Redis;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Testing;

namespace ScaleHub.Tests.Platform.Consistency;

/// <summary>What two instances require of a read, with Redis and without it, and when it has been away for long.</summary>
public sealed class LastWritesTests : IAsyncLifetime
{
    private static readonly NpgsqlLogSequenceNumber Position = new(0x1234);

    private readonly RedisServer _redis = new();
    private readonly ShiftedTime _time = new();
    private readonly Guid _company = Guid.NewGuid(), _writer = Guid.NewGuid(), _reader = Guid.NewGuid();
    private RedisStore[] _stores = [];
    private Broadcast[] _broadcasts = [];
    private LastWrites[] _instances = [];

    public async Task InitializeAsync()
    {
        await _redis.InitializeAsync();
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection([new("ConnectionStrings:redis", _redis.ConnectionString)]).Build();
        // A machine that is busy with other tests must not look like a Redis that is away.
        var options = Options.Create(new RedisOptions { TimeoutMs = 2000 });
        _stores = [.. Enumerable.Range(0, 2).Select(_ =>
            new RedisStore(configuration, options, _time, NullLogger<RedisStore>.Instance))];
        _broadcasts = [.. _stores.Select(s => new Broadcast(s, _time, NullLogger<Broadcast>.Instance))];
        _instances = [.. _stores.Zip(_broadcasts, (s, b) => new LastWrites(s, b, _time))];
        foreach (var broadcast in _broadcasts) await broadcast.StartAsync(CancellationToken.None);
        await Poll.UntilAsync(() => _broadcasts.All(b => b.IsLive));
        foreach (var instance in (int[])[0, 1]) Assert.Equal(default, await RequiredAsync(instance, _reader));
    }

    public async Task DisposeAsync()
    {
        foreach (var broadcast in _broadcasts) await broadcast.StopAsync(CancellationToken.None);
        foreach (var store in _stores) await store.DisposeAsync();
        await _redis.DisposeAsync();
    }

    [Fact]
    public async Task With_Redis_every_instance_requires_the_position_of_the_writer_and_nothing_of_others()
    {
        await WriteAsync(instance: 0, Position);
        foreach (var instance in (int[])[0, 1])
        {
            Assert.Equal((Position, false), await RequiredAsync(instance, _writer));
            Assert.Equal(default, await RequiredAsync(instance, _reader));
        }
    }

    [Fact]
    public async Task For_thirty_seconds_without_Redis_everybody_reads_from_the_primary_and_then_who_wrote_through_this_instance()
    {
        await _redis.KillAsync();
        await WriteAsync(instance: 0, Position);
        foreach (var instance in (int[])[0, 1]) Assert.Equal((default, true), await RequiredAsync(instance, _reader));

        _time.Shift = LastWrites.Memory + TimeSpan.FromSeconds(1);
        await WriteAsync(instance: 0, Position);
        Assert.Equal((Position, true), await RequiredAsync(0, _writer));
        foreach (var instance in (int[])[0, 1]) Assert.Equal(default, await RequiredAsync(instance, _reader));
        // What the header is for: the other instance knows nothing of the write, and requires what the header says alone.
        Assert.Equal(default, await RequiredAsync(1, _writer));
        Assert.Equal((Position, false), await RequiredAsync(1, _writer, header: Position));

        await _redis.StartAsync();
        // Once both are connected again.
        await Poll.UntilAsync(async () =>
        {
            await WriteAsync(instance: 0, new(0x5678));
            Assert.Equal((new(0x5678), false), await RequiredAsync(1, _writer));
        }, seconds: 30);
    }

    [Fact]
    public async Task An_instance_that_has_heard_everything_for_thirty_seconds_knows_each_write_before_it_was_answered_without_asking()
    {
        // In steps that are no gap in what is heard.
        while (!_broadcasts[1].HasHeardFor(LastWrites.Memory))
        {
            var last = _broadcasts[1].LastHeartbeat;
            _time.Shift += TimeSpan.FromMilliseconds(300);
            await Poll.UntilAsync(() => _broadcasts[1].LastHeartbeat != last);
        }
        await using var redis = await _redis.ConnectAsync();
        for (var i = 1; i <= 500; i++)
        {
            await WriteAsync(instance: 0, new((ulong)i));
            // What an instance that asks Redis would find.
            await redis.GetDatabase().ExecuteAsync("FLUSHALL");
            Assert.Equal((new((ulong)i), false), await RequiredAsync(1, _writer));
            Assert.Equal(default, await RequiredAsync(1, _reader));
        }
        // An unknown position stays so, whatever is known of earlier ones.
        await WriteAsync(instance: 0, null);
        await WriteAsync(instance: 0, new(1000));
        Assert.True((await RequiredAsync(1, _writer)).PrimaryOnly);

        // More than are kept: what the instance had to forget, it asks Redis for.
        var third = Guid.NewGuid();
        foreach (var some in Enumerable.Range(0, 110_000).Chunk(5_000))
        {
            await Task.WhenAll(some.Select(_ => _broadcasts[0].PublishAsync(
                redis.GetDatabase(), "wrote", $"{_company:N}{Guid.NewGuid():N}{LastWrites.Format(Position)}")));
        }
        await Poll.UntilAsync(async () => Assert.True(await _broadcasts[1].CatchUpAsync()));
        await redis.GetDatabase().StringSetAsync($"{new RedisOptions().Prefix}:{{{_company:N}}}:wrote:{third:N}", LastWrites.Format(new(0x7777)));
        Assert.Equal((new(0x7777), false), await RequiredAsync(1, third));
    }

    [Fact]
    public async Task An_instance_that_may_have_missed_something_asks_Redis_again()
    {
        await WriteAsync(instance: 0, Position);
        _time.Shift += TimeSpan.FromSeconds(5);
        // The beats are far apart now: whatever came between them may be lost.
        await Poll.UntilAsync(() => _broadcasts[1].IsLive && !_broadcasts[1].HasHeardFor(LastWrites.Memory));
        await using var redis = await _redis.ConnectAsync();
        foreach (var key in redis.GetServers()[0].Keys(pattern: "*wrote*"))
            await redis.GetDatabase().StringSetAsync(key, LastWrites.Format(new(0x9999)));
        Assert.Equal((new(0x9999), false), await RequiredAsync(1, _writer));
    }

    private async Task WriteAsync(int instance, NpgsqlLogSequenceNumber? position)
    {
        var consistency = new ReadConsistency();
        consistency.Wrote(position);
        await _instances[instance].RememberAsync(As(_writer), consistency, CancellationToken.None);
    }

    private async Task<(NpgsqlLogSequenceNumber AtLeast, bool PrimaryOnly)> RequiredAsync(
        int instance, Guid user, NpgsqlLogSequenceNumber header = default)
    {
        var consistency = new ReadConsistency();
        consistency.Require(header);
        await _instances[instance].RecallAsync(As(user), consistency, CancellationToken.None);
        return (consistency.AtLeast, consistency.PrimaryOnly);
    }

    private Tenant As(Guid user)
    {
        var tenant = new Tenant();
        tenant.ActAs(_company, user);
        return tenant;
    }

    private sealed class ShiftedTime : TimeProvider
    {
        public TimeSpan Shift { get; set; }

        public override long GetTimestamp() => base.GetTimestamp() + (long)(Shift.TotalSeconds * TimestampFrequency);
    }
}
