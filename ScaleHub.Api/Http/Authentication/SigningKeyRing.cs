using System.Collections.Frozen;
using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Model;
using ScaleHub.Core.Model.Identity;
using ScaleHub.Core.Platform.Secrets;

namespace ScaleHub.Api.Http.Authentication;

/// <summary>
/// The keys that sign and verify access tokens, kept in memory. Loaded with first use; an unknown <c>kid</c> loads again, at most
/// every five seconds, so that a new key is known everywhere without a restart and a forged one costs nothing.
/// </summary>
public sealed class SigningKeyRing(IServiceScopeFactory scopes, SecretBox secrets, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan BetweenLoads = TimeSpan.FromSeconds(5);
    private readonly SemaphoreSlim _loading = new(1);
    private volatile Ring _ring = new(FrozenDictionary<string, ECDsa>.Empty, null, default);

    /// <summary>The public key of that name, or null.</summary>
    public async ValueTask<ECDsa?> FindAsync(string kid, CancellationToken cancellationToken)
    {
        if (_ring.Public.TryGetValue(kid, out var key)) return key;
        await LoadAsync(r => r.Public.ContainsKey(kid), cancellationToken);
        return _ring.Public.GetValueOrDefault(kid);
    }

    /// <summary>The newest key, to sign with.</summary>
    /// <exception cref="InvalidOperationException">There is none: <c>migrate</c> has not run.</exception>
    public async ValueTask<(string Kid, ECDsa Private)> NewestAsync(CancellationToken cancellationToken)
    {
        if (_ring.Newest is null) await LoadAsync(r => r.Newest is not null, cancellationToken);
        return _ring.Newest ?? throw new InvalidOperationException("There is no signing key; run the worker's migrate.");
    }

    private async Task LoadAsync(Func<Ring, bool> enough, CancellationToken cancellationToken)
    {
        await _loading.WaitAsync(cancellationToken);
        try
        {
            if (enough(_ring) || (_ring.LoadedAt is { } at && time.GetElapsedTime(at) < BetweenLoads)) return;
            await using var scope = scopes.CreateAsyncScope();
            // From the primary: right after a rotation the standbys may not have the key yet.
            var keys = await scope.ServiceProvider.GetRequiredService<ScaleHubDb>().SigningKeys.AsNoTracking()
                .OrderByDescending(k => k.CreatedAt).Take(20).ToListAsync(cancellationToken);
            // Replaced rings are left to the collector: a request may still be verifying with one.
            _ring = new(keys.ToFrozenDictionary(k => k.Kid, Public), keys is [var newest, ..] ? (newest.Kid, newest.OpenPrivate(secrets)) : null,
                time.GetTimestamp());
        }
        finally
        {
            _loading.Release();
        }
    }

    private static ECDsa Public(SigningKey key)
    {
        var ecdsa = ECDsa.Create();
        ecdsa.ImportSubjectPublicKeyInfo(key.PublicKey, out _);
        return ecdsa;
    }

    /// <inheritdoc/>
    public void Dispose() => _loading.Dispose();

    private sealed record Ring(FrozenDictionary<string, ECDsa> Public, (string Kid, ECDsa Private)? Newest, long? LoadedAt);
}
