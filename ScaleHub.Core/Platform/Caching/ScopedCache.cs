using System.Text.Json;
using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.Options;
using ScaleHub.Core.Platform.Consistency;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;

namespace ScaleHub.Core.Platform.Caching;

/// <summary>What a lookup found.</summary>
/// <param name="Value">UTF-8 JSON, to be written as it is and not changed.</param>
/// <param name="ETag">A weak entity tag.</param>
/// <param name="TimeToLive">How much longer it is current; negative for a stale one.</param>
/// <param name="Outcome">Where it came from.</param>
public readonly record struct Cached(CacheValue Value, string ETag, TimeSpan TimeToLive, CacheOutcome Outcome);

/// <summary>How long a value lasts, where that is not as configured (<see cref="CacheOptions"/>).</summary>
/// <param name="Expiration">How long it is current.</param>
/// <param name="StaleFor">How much longer it may be served when the load fails.</param>
public sealed record CacheTimes(TimeSpan? Expiration = null, TimeSpan? StaleFor = null);

/// <summary>
/// .NET's <see cref="HybridCache"/> for one owner of entries: whoever has another owner can neither read nor invalidate them,
/// whatever the keys are. What it guarantees: docs/cache.md.
/// <para>A key begins with its namespace: <c>tasks</c> or <c>tasks:…</c>. The namespace is a tag of each of its keys, and the tag
/// <c>*</c> of all of them.</para>
/// <para>Whoever writes calls <see cref="WillChangeAsync"/> before. Removing is for after a write that has no transaction here;
/// in one it does the same as that.</para>
/// </summary>
public abstract class ScopedCache : HybridCache
{
    private const int MaxKey = 1024;
    private readonly CacheEngine _engine;
    private readonly CacheVersions _versions;
    private readonly CacheLoads _loads;
    private readonly ReadConsistency _consistency;
    private readonly UnitOfWork _unitOfWork;
    private readonly CacheOptions _options;
    private readonly TimeProvider _time;

    private protected ScopedCache(CacheServices services, ReadConsistency consistency, UnitOfWork unitOfWork)
    {
        (_engine, _versions, _loads, _consistency) = (services.Engine, services.Versions, services.Loads, consistency);
        _unitOfWork = unitOfWork;
        (_options, _time) = (services.Options.Value, services.Time);
    }

    /// <summary>Whose entries they are; <see cref="Guid.Empty"/> for everybody's.</summary>
    private protected abstract Guid Owner { get; }

    /// <summary>
    /// The value of a key as JSON. The load runs in a scope of its own, for the same company and no user; it must take what it
    /// needs from there (<c>services.GetRequiredService&lt;ReadDb&gt;()</c>), as it may run after the request that asked for it,
    /// behind a hit.
    /// </summary>
    /// <param name="key">At most 1,024 characters, beginning with its namespace.</param>
    /// <param name="load">Makes the value.</param>
    /// <param name="times">How long it lasts.</param>
    /// <param name="tags">What invalidates it, besides its namespace.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async ValueTask<Cached> LoadAsync(string key, Func<IServiceProvider, Task<CacheValue>> load, CacheTimes? times = null,
        IEnumerable<string>? tags = null, CancellationToken cancellationToken = default)
    {
        var owner = Owner;
        var lookup = Lookup(key, tags, times?.Expiration, times?.StaleFor);
        var answer = await _engine.GetAsync(
            lookup, Needs, needs => _loads.RunAsync(owner, needs, load), mayRefresh: true, cancellationToken);
        if (answer.From is { } node) _consistency.ReadFrom = node;
        var left = answer.Entry.ExpiresAt - _time.GetUtcNow().ToUnixTimeMilliseconds();
        return new(answer.Entry.Value, answer.Entry.ETag, TimeSpan.FromMilliseconds(left), answer.Outcome);
    }

    /// <summary>The value of a key as an object, made from JSON each time.</summary>
    public async ValueTask<T> LoadAsync<T>(string key, Func<IServiceProvider, Task<T>> load, CacheTimes? times = null,
        IEnumerable<string>? tags = null, CancellationToken cancellationToken = default)
    {
        var cached = await LoadAsync(key, async services => Write(await load(services)), times, tags, cancellationToken);
        return Read<T>(cached.Value);
    }

    /// <summary>A value as JSON, with a note.</summary>
    public CacheValue Write<T>(T value, string? note = null) => new(JsonSerializer.SerializeToUtf8Bytes(value, _options.Json), note);

    /// <summary>
    /// As .NET defines it. The factory runs in the caller's scope: for as long as it takes, the caller waits, and it does not run
    /// behind a hit. Of what it reads through a context that was made before, a standby may not have the last write yet;
    /// <see cref="LoadAsync{T}"/> sees to that.
    /// </summary>
    public override async ValueTask<T> GetOrCreateAsync<TState, T>(string key, TState state,
        Func<TState, CancellationToken, ValueTask<T>> factory, HybridCacheEntryOptions? options = null,
        IEnumerable<string>? tags = null, CancellationToken cancellationToken = default)
    {
        var lookup = Lookup(key, tags, options?.Expiration, null, options);
        if (lookup.Flags.HasFlag(HybridCacheEntryFlags.DisableUnderlyingData))
            return await _engine.FindAsync(lookup, Needs) is { } kept ? Read<T>(kept.Entry.Value) : default!;
        // Not to be given up by who asked first: the others wait for what runs in its scope.
        var answer = await _engine.GetAsync(lookup, Needs,
            async needs =>
            {
                _consistency.Require(needs.AtLeast);
                if (needs.PrimaryOnly) _consistency.RequirePrimary();
                return (Write(await factory(state, CancellationToken.None)), (PostgresNode?)null);
            },
            mayRefresh: false, CancellationToken.None);
        return Read<T>(answer.Entry.Value);
    }

    /// <inheritdoc/>
    public override async ValueTask SetAsync<T>(string key, T value, HybridCacheEntryOptions? options = null,
        IEnumerable<string>? tags = null, CancellationToken cancellationToken = default)
    {
        var lookup = Lookup(key, tags, options?.Expiration, null, options);
        await CompleteInvalidationAsync(Owner, CacheVersions.Group(key));
        await _engine.SetAsync(lookup, Write(value));
    }

    /// <summary>
    /// Invalidates every entry with a tag when the write that follows is committed. Call it before the write. From the call to
    /// the commit no value with the tag is cached. After the commit no instance serves a value from before it. If the process
    /// dies in between, no value with the tag is cached for 75 seconds, by when the transaction has ended.
    /// </summary>
    public ValueTask WillChangeAsync(string tag) => AnnounceAsync(CacheVersions.Tag(tag));

    /// <inheritdoc/>
    public override ValueTask RemoveAsync(string key, CancellationToken cancellationToken = default)
        => ChangeAsync(CacheVersions.Group(key));

    /// <inheritdoc/>
    public override ValueTask RemoveByTagAsync(string tag, CancellationToken cancellationToken = default)
        => ChangeAsync(CacheVersions.Tag(tag));

    private LoadNeeds Needs => new(_consistency.AtLeast, _consistency.PrimaryOnly, _consistency.NothingCached);

    private ValueTask ChangeAsync(string name) => _unitOfWork.InTransaction ? AnnounceAsync(name) : CompleteInvalidationAsync(Owner, name);

    private async ValueTask CompleteInvalidationAsync(Guid owner, string name)
    {
        if (!await _versions.ChangeAsync(owner, [name], _consistency.Written)) _consistency.CachesWereNotTold();
    }

    private async ValueTask AnnounceAsync(string name)
    {
        var (owner, what) = (Owner, (Owner, name));
        if (_unitOfWork.Awaits(what)) return;
        _unitOfWork.AfterCommit(() => CompleteInvalidationAsync(owner, name), what);
        await _versions.AnnounceAsync(owner, [name]);
    }

    private T Read<T>(CacheValue value) => JsonSerializer.Deserialize<T>(value.Json, _options.Json)!;

    private CacheLookup Lookup(string key, IEnumerable<string>? tags, TimeSpan? expiration, TimeSpan? staleFor,
        HybridCacheEntryOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        if (key.Length > MaxKey) throw new ArgumentException($"A key has at most {MaxKey} characters.", nameof(key));
        var end = key.IndexOf(':', StringComparison.Ordinal);
        var current = expiration ?? TimeSpan.FromSeconds(_options.ExpirationSeconds);
        return new(new(Owner, key), [end < 0 ? key : key[..end], .. tags ?? []], current,
            staleFor ?? TimeSpan.FromSeconds(_options.StaleSeconds), options?.LocalCacheExpiration ?? current,
            options?.Flags ?? HybridCacheEntryFlags.None);
    }
}

/// <summary>What every cache of a scope works with.</summary>
internal sealed record CacheServices(
    CacheEngine Engine, CacheVersions Versions, CacheLoads Loads, IOptions<CacheOptions> Options, TimeProvider Time);

/// <summary>The cache of the company whose unit of work this is; it is also what <see cref="HybridCache"/> resolves to.
/// Scoped.</summary>
public sealed class CompanyCache : ScopedCache
{
    private readonly Tenant _tenant;

    internal CompanyCache(CacheServices services, Tenant tenant, ReadConsistency consistency, UnitOfWork unitOfWork)
        : base(services, consistency, unitOfWork) => _tenant = tenant;

    /// <exception cref="InvalidOperationException">There is no company in this scope.</exception>
    private protected override Guid Owner => _tenant.RequiredCompanyId;
}

/// <summary>The cache of what is the same for everybody: prices, plans, the public feed. Nothing of a company may be in it.
/// Scoped.</summary>
public sealed class SharedCache : ScopedCache
{
    internal SharedCache(CacheServices services, ReadConsistency consistency, UnitOfWork unitOfWork) : base(services, consistency, unitOfWork)
    {
    }

    private protected override Guid Owner => Guid.Empty;
}
