using System.Collections.Frozen;
using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;
using Npgsql;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Secrets;

namespace ScaleHub.Modules.Identity.Authentication;

/// <summary>
/// The keys that sign and verify access tokens, kept in memory.
/// <para>Rotation: a new key is published at once and signs after <see cref="Lead"/>, when every instance and everybody who
/// caches the JWKS has had time to learn it; the one before verifies until the last token that it signed has expired. Nothing is
/// restarted.</para>
/// <para>Loaded again every minute while in use, in the background, and at most every five seconds for an unknown <c>kid</c>, so
/// that a new key is known at once and a forged one costs nothing. Without a database the keys stay as they are.</para>
/// <para>A key is one object for all threads, without a lock: the library's signature providers are documented to be safe from
/// any thread, and .NET's ECDsa keeps no state between two calls. The library's cache of providers would keep retired keys alive,
/// private ones among them, until the process ends; it is off, and a replaced key goes with its last use.</para>
/// </summary>
public sealed class SigningKeyRing(
    IServiceScopeFactory scopes, SecretBox secrets, IOptions<IdentityOptions> options, TimeProvider time,
        ILogger<SigningKeyRing> logger) : IDisposable
{
    /// <summary>
    /// From making a key to signing with it. Longer than the keys are cached by others, and than it takes to load them.
    /// </summary>
    public static readonly TimeSpan Lead = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan BetweenLoads = TimeSpan.FromSeconds(5), LoadEvery = TimeSpan.FromMinutes(1),
        Slack = TimeSpan.FromMinutes(1);
    private readonly TimeSpan _tokenLife = TimeSpan.FromMinutes(options.Value.AccessTokenMinutes);
    private readonly CryptoProviderFactory _providers = new() { CacheSignatureProviders = false };
    private readonly SemaphoreSlim _loading = new(1);
    private volatile Ring _ring = new([], FrozenDictionary<string, Key>.Empty, null);

    /// <summary>How long ago they were loaded; null before the first time.</summary>
    internal TimeSpan? SinceLoaded => _ring.LoadedAt is { } at ? time.GetElapsedTime(at) : null;

    /// <summary>The public key of that name while tokens of it may be valid, or null.</summary>
    public async ValueTask<SecurityKey?> FindAsync(string kid, CancellationToken cancellationToken)
    {
        if (!_ring.ByName.ContainsKey(kid)) await LoadAsync(r => r.ByName.ContainsKey(kid), cancellationToken);
        else LoadIfOld();
        return Verifies(kid) ? _ring.ByName[kid].Public : null;
    }

    /// <summary>Whether tokens that the key signed may still be valid, as far as this instance knows.</summary>
    public bool Verifies(string kid)
    {
        LoadIfOld();
        return _ring.ByName.TryGetValue(kid, out var key) && time.GetUtcNow() < key.RetiresAt;
    }

    /// <summary>The keys to publish.</summary>
    public async ValueTask<IReadOnlyList<ECDsaSecurityKey>> PublishedAsync(CancellationToken cancellationToken)
    {
        if (_ring.Keys.Count == 0) await LoadAsync(r => r.Keys.Count > 0, cancellationToken);
        LoadIfOld();
        var now = time.GetUtcNow();
        return [.. _ring.Keys.Where(k => now < k.RetiresAt).Select(k => k.Public)];
    }

    /// <summary>The key to sign with: the newest that has been known for <see cref="Lead"/>, or else the first.</summary>
    /// <exception cref="InvalidOperationException">There is none that opens with the present secret: <c>migrate</c> has not
    /// run.</exception>
    public async ValueTask<SecurityKey> SignerAsync(CancellationToken cancellationToken)
    {
        if (Signer(_ring) is null) await LoadAsync(r => Signer(r) is not null, cancellationToken);
        LoadIfOld();
        return Signer(_ring)?.Private
            ?? throw new InvalidOperationException("There is no signing key; run the worker's migrate.");
    }

    private Key? Signer(Ring ring)
    {
        var known = time.GetUtcNow() - Lead;
        return ring.Keys.FirstOrDefault(k => k.Private is not null && k.CreatedAt <= known)
            ?? ring.Keys.LastOrDefault(k => k.Private is not null);
    }

    private void LoadIfOld()
    {
        if (_ring.LoadedAt is { } at && time.GetElapsedTime(at) > LoadEvery && _loading.CurrentCount > 0)
            _ = LoadInBackgroundAsync();
    }

    private async Task LoadInBackgroundAsync()
    {
        try
        {
            await LoadAsync(r => r.LoadedAt is { } at && time.GetElapsedTime(at) < LoadEvery, CancellationToken.None);
        }
        catch (Exception e) when (e is NpgsqlException or NoNodeException or TimeoutException or InvalidOperationException)
        {
            logger.LogWarning(e, "Signing keys could not be loaded again; going on with those known");
            // As if loaded, so that the next attempt is a minute away.
            _ring = _ring with { LoadedAt = time.GetTimestamp() };
        }
    }

    private async Task LoadAsync(Func<Ring, bool> enough, CancellationToken cancellationToken)
    {
        await _loading.WaitAsync(cancellationToken);
        try
        {
            if (enough(_ring) || (_ring.LoadedAt is { } at && time.GetElapsedTime(at) < BetweenLoads)) return;
            await using var scope = scopes.CreateAsyncScope();
            // From the primary: right after a rotation the standbys may not have the key yet.
            var rows = await scope.ServiceProvider.GetRequiredService<ScaleHubDb>().SigningKeys.AsNoTracking()
                .OrderByDescending(k => k.CreatedAt).Take(20).ToListAsync(cancellationToken);
            // Replaced rings are left to the collector: a request may still be verifying with one.
            Key[] keys = [.. rows.Select((row, i) => Open(row, i == 0 ? null : rows[i - 1]))];
            _ring = new(keys, keys.ToFrozenDictionary(k => k.Kid), time.GetTimestamp());
        }
        finally
        {
            _loading.Release();
        }
    }

    private Key Open(SigningKey row, SigningKey? successor)
    {
        var ecdsa = ECDsa.Create();
        ecdsa.ImportSubjectPublicKeyInfo(row.PublicKey, out _);
        ECDsaSecurityKey? signer = null;
        try
        {
            signer = Named(row.OpenPrivate(secrets));
        }
        catch (CryptographicException)
        {
            // Sealed with an earlier secret: it verifies what it signed, and signs no more.
        }
        var retiresAt = successor is null ? DateTimeOffset.MaxValue : successor.CreatedAt + Lead + _tokenLife + Slack;
        return new(row.Kid, Named(ecdsa), signer, row.CreatedAt, retiresAt);

        ECDsaSecurityKey Named(ECDsa key) => new(key) { KeyId = row.Kid, CryptoProviderFactory = _providers };
    }

    /// <inheritdoc/>
    public void Dispose() => _loading.Dispose();

    private sealed record Key(
        string Kid, ECDsaSecurityKey Public, ECDsaSecurityKey? Private, DateTimeOffset CreatedAt, DateTimeOffset RetiresAt);

    // Newest first.
    private sealed record Ring(IReadOnlyList<Key> Keys, FrozenDictionary<string, Key> ByName, long? LoadedAt);
}
