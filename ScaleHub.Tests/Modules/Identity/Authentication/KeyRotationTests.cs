using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Npgsql;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Secrets;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http.Authentication;
using ScaleHub.Modules;
using ScaleHub.Modules.Identity.Authentication;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Modules.Identity.Authentication;

[Collection(PostgresTests.Name)]
public sealed class KeyRotationTests(PostgresServer server) : IAsyncLifetime
{
    private readonly ShiftedTime _time = new();
    private readonly AccessToken _content = new(Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid(), Roles.Member);
    private TestDatabase _database = null!;
    private IHost _host = null!;

    private AccessTokens Tokens => _host.Services.GetRequiredService<AccessTokens>();

    private SigningKeyRing Keys => _host.Services.GetRequiredService<SigningKeyRing>();

    public async Task InitializeAsync()
    {
        _database = await server.CreateDatabaseAsync();
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Configuration.AddInMemoryCollection(
            [new("ConnectionStrings:scalehub", _database.App), new("ConnectionStrings:redis", "127.0.0.1:1"),
                new("ScaleHub:Secret", PostgresServer.Secret)]);
        builder.Services.AddSingleton<TimeProvider>(_time);
        builder.Services.AddLogging();
        builder.AddPlatform();
        builder.AddModules();
        builder.Services.AddSingleton<SigningKeyRing>().AddSingleton<AccessTokens>();
        _host = builder.Build();
        await _host.StartAsync();
        await Poll.UntilAsync(async () => await Keys.SignerAsync(CancellationToken.None));
    }

    public async Task DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }

    [Fact]
    public async Task A_new_key_is_published_first_and_signs_later_and_the_old_one_verifies_until_its_last_token_expired()
    {
        var old = (await Keys.SignerAsync(CancellationToken.None)).KeyId;
        var young = await RotateAsync(revoke: false);

        await PassAsync(TimeSpan.FromMinutes(2));
        Assert.Equal([young, old], await PublishedAsync());
        Assert.Equal(old, (await Keys.SignerAsync(CancellationToken.None)).KeyId);

        await PassAsync(SigningKeyRing.Lead - TimeSpan.FromMinutes(3));
        var last = await Tokens.IssueAsync(_content, CancellationToken.None);
        await PassAsync(TimeSpan.FromMinutes(2));
        Assert.Equal(young, (await Keys.SignerAsync(CancellationToken.None)).KeyId);

        await PassAsync(TimeSpan.FromMinutes(12));
        Assert.Equal(_content, await Tokens.VerifyAsync(last, CancellationToken.None));
        Assert.Equal(_content,
            await Tokens.VerifyAsync(await Tokens.IssueAsync(_content, CancellationToken.None), CancellationToken.None));
        await PassAsync(TimeSpan.FromMinutes(5));
        Assert.Null(await Tokens.VerifyAsync(last, CancellationToken.None));
        Assert.Equal([young], await PublishedAsync());
    }

    [Fact]
    public async Task Revoking_keys_ends_every_token_from_before_also_one_that_was_verified_already()
    {
        var token = await Tokens.IssueAsync(_content, CancellationToken.None);
        Assert.NotNull(await Tokens.VerifyAsync(token, CancellationToken.None));
        var young = await RotateAsync(revoke: true);
        await PassAsync(TimeSpan.FromMinutes(2));
        Assert.Null(await Tokens.VerifyAsync(token, CancellationToken.None));
        Assert.Equal(young, (await Keys.SignerAsync(CancellationToken.None)).KeyId);
        Assert.NotNull(await Tokens.VerifyAsync(await Tokens.IssueAsync(_content, CancellationToken.None),
            CancellationToken.None));
    }

    [Fact]
    public async Task A_token_that_was_verified_once_still_ends_when_it_expires()
    {
        var token = await Tokens.IssueAsync(_content, CancellationToken.None);
        Assert.NotNull(await Tokens.VerifyAsync(token, CancellationToken.None));
        _time.Shift += TimeSpan.FromMinutes(16);
        Assert.Null(await Tokens.VerifyAsync(token, CancellationToken.None));
    }

    [Fact]
    public async Task Migrating_makes_a_key_when_the_newest_is_ninety_days_old_or_was_sealed_with_another_secret_and_else_none()
    {
        await AgeAsync("89 days 23 hours");
        Assert.Equal(0, await MadeByMigratingAsync(PostgresServer.Secret));
        await AgeAsync("1 hour");
        Assert.Equal(1, await MadeByMigratingAsync(PostgresServer.Secret));
        Assert.Equal(0, await MadeByMigratingAsync(PostgresServer.Secret));
        Assert.Equal(1, await MadeByMigratingAsync("another secret of the tests, as long as the first"));

        Task AgeAsync(string age) => PostgresServer.ExecuteAsync(
            _database.Owner, $"update signing_keys set created_at = created_at - interval '{age}'");

        async Task<int> MadeByMigratingAsync(string secret)
        {
            var before = await PostgresServer.QueryAsync(_database.Owner, "select kid from signing_keys");
            await using var owner = NpgsqlDataSource.Create(_database.Owner);
            await using var connection = await owner.OpenConnectionAsync();
            await SigningKeys.EnsureAsync(
                connection, new SecretBox(Options.Create(new SecretOptions { Secret = secret })), CancellationToken.None);
            return (await PostgresServer.QueryAsync(_database.Owner, "select kid from signing_keys")).Except(before).Count();
        }
    }

    private async Task<string> RotateAsync(bool revoke)
    {
        await using var owner = NpgsqlDataSource.Create(_database.Owner);
        await using var connection = await owner.OpenConnectionAsync();
        return await SigningKeys.RotateAsync(connection, _host.Services.GetRequiredService<SecretBox>(), revoke,
            CancellationToken.None);
    }

    [Fact]
    public async Task A_verification_that_takes_long_holds_no_other_up()
    {
        var patience = TimeSpan.FromSeconds(30);
        var content = _content with { SessionId = Guid.NewGuid() };
        var (slow, other) = (await Tokens.IssueAsync(_content, CancellationToken.None), await Tokens.IssueAsync(content, CancellationToken.None));
        using var release = new ManualResetEventSlim();
        var held = Task.Run(async () =>
        {
            _time.Hold.Value = release;
            return await Tokens.VerifyAsync(slow, CancellationToken.None);
        });
        try
        {
            await Poll.UntilAsync(() => _time.Held > 0);
            var forged = other[..^4] + (other[^4..] == "AAAA" ? "BBBB" : "AAAA");
            Assert.Null(await Tokens.VerifyAsync(forged, CancellationToken.None).AsTask().WaitAsync(patience));
            Assert.Equal(content, await Tokens.VerifyAsync(other, CancellationToken.None).AsTask().WaitAsync(patience));
            Assert.False(held.IsCompleted);
        }
        finally
        {
            release.Set();
        }
        Assert.Equal(_content, await held);
    }

    /// <summary>Lets time pass, and the keys be loaded again, which happens behind a use of them.</summary>
    private async Task PassAsync(TimeSpan time)
    {
        _time.Shift += time;
        await PublishedAsync();
        await Poll.UntilAsync(() => Keys.SinceLoaded < TimeSpan.FromMinutes(1));
    }

    private async Task<IEnumerable<string>> PublishedAsync()
        => (await Keys.PublishedAsync(CancellationToken.None)).Select(k => k.KeyId);

    private sealed class ShiftedTime : TimeProvider
    {
        private int _held;

        public TimeSpan Shift { get; set; }

        /// <summary>Whoever has one waits for it when it asks for the time.</summary>
        public AsyncLocal<ManualResetEventSlim?> Hold { get; } = new();

        public int Held => Volatile.Read(ref _held);

        public override DateTimeOffset GetUtcNow()
        {
            if (Hold.Value is { } hold)
            {
                Interlocked.Increment(ref _held);
                hold.Wait();
            }
            return base.GetUtcNow() + Shift;
        }

        public override long GetTimestamp() => base.GetTimestamp() + (long)(Shift.TotalSeconds * TimestampFrequency);
    }
}
