using System.Buffers.Text;
using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Caching;
using ScaleHub.Core.Platform.Consistency;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Redis;
using ScaleHub.Core.Platform.Secrets;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http.Authentication;

namespace ScaleHub.Modules.Identity.Authentication;

/// <summary>
/// Keys of machines, sent as <c>Authorization: Bearer shk_…</c>, asked on every request: in process, then PostgreSQL.
/// <para>Guarantee: a key that was revoked, or whose maker was removed or got a lesser role, fails on every instance in under a
/// second, with Redis and without, by the same means as sessions (<see cref="LiveSessions"/>). A key in use costs one lookup in
/// ten seconds and instance, twice a second while Redis is away.</para>
/// <para>A key is company, identifier, 256 random bits, and a tag (HMAC-SHA256, cut to 128 bits) by which a key that somebody
/// made up is refused without a look in the database. The tag's key is derived from <c>ScaleHub:Secret</c>: a new secret ends all
/// keys.</para>
/// </summary>
public sealed class ApiKeys
{
    /// <summary>How a key begins, so that scanners for secrets find it.</summary>
    public const string Prefix = "shk_";

    private const int BodyLength = 16 + 16 + 32, TagLength = 16;
    private static readonly TimeSpan NoteUseEvery = TimeSpan.FromMinutes(1);

    private readonly LiveCache<LiveApiKey> _here;
    private readonly IServiceScopeFactory _scopes;
    private readonly TimeProvider _time;
    private readonly byte[] _tagKey;

    /// <summary>Listens to news from the other instances.</summary>
    public ApiKeys(
        Broadcast broadcast, PendingInvalidations pending, IServiceScopeFactory scopes, SecretBox secrets, TimeProvider time)
    {
        (_scopes, _time, _tagKey) = (scopes, time, secrets.KeyFor("api-key"));
        _here = new LiveCache<LiveApiKey>(
            "apikey", broadcast, pending, time, capacity: 100_000, TimeSpan.FromSeconds(10), TimeSpan.FromMilliseconds(500)).Listening();
    }

    /// <summary>A new key's text and hash.</summary>
    public (string Text, byte[] Hash) Create(Guid companyId, Guid id)
    {
        byte[] body =
        [
            .. companyId.ToByteArray(bigEndian: true), .. id.ToByteArray(bigEndian: true), .. RandomNumberGenerator.GetBytes(32),
        ];
        return (Prefix + Base64Url.EncodeToString([.. body, .. Tag(body)]), SHA256.HashData(body));
    }

    /// <summary>Who calls with the key; null when it does not work.</summary>
    /// <exception cref="NoNodeException">PostgreSQL cannot tell.</exception>
    public async ValueTask<AccessToken?> FindAsync(string text, CancellationToken cancellationToken)
    {
        if (!Base64Url.IsValid(text.AsSpan(Prefix.Length), out var length) || length != BodyLength + TagLength) return null;
        var bytes = Base64Url.DecodeFromChars(text.AsSpan(Prefix.Length));
        var body = bytes.AsMemory(0, BodyLength);
        if (!CryptographicOperations.FixedTimeEquals(Tag(body.Span), bytes.AsSpan(BodyLength))) return null;
        var (companyId, id) = (new Guid(bytes.AsSpan(0, 16), bigEndian: true), new Guid(bytes.AsSpan(16, 16), bigEndian: true));
        return await FindAsync(companyId, id, cancellationToken) is { } key
            && CryptographicOperations.FixedTimeEquals(key.Hash, SHA256.HashData(body.Span))
            ? new(key.UserId, companyId, id, key.Role, IsKey: true)
            : null;
    }

    /// <summary>A key that works, by its identifier.</summary>
    public async ValueTask<LiveApiKey?> FindAsync(Guid companyId, Guid id, CancellationToken cancellationToken)
    {
        // The load serves all who wait for it, so it does not end with one of them.
        var found = _here.GetAsync(id, () => LoadAsync(companyId, id));
        var key = found.IsCompletedSuccessfully ? found.Result : await found.AsTask().WaitAsync(cancellationToken);
        return key is not null && key.CompanyId == companyId && (key.ExpiresAt is null || key.ExpiresAt > _time.GetUtcNow()) ? key : null;
    }

    /// <summary>Announces that keys end or may do less, and tells every instance once more when that is committed. Call it before
    /// the write.</summary>
    public async Task WillChangeAsync(UnitOfWork unitOfWork, IReadOnlyCollection<Guid> ids)
    {
        if (ids.Count == 0) return;
        unitOfWork.AfterCommit(async () => await InvalidateAsync(ids));
        await InvalidateAsync(ids);
    }

    private Task<bool[]> InvalidateAsync(IEnumerable<Guid> ids) => Task.WhenAll(ids.Select(id => _here.ForgetAsync(id).AsTask()));

    private async Task<LiveApiKey?> LoadAsync(Guid companyId, Guid id)
    {
        await using var scope = _scopes.CreateScopeOf(companyId);
        // The primary: a standby may not know yet that the key was revoked.
        var db = scope.ServiceProvider.GetRequiredService<ScaleHubDb>();
        var found = await db.ApiKeys.Where(k => k.Id == id)
            .Join(db.Users.Where(u => u.DeletedAt == null), k => k.CreatedBy, u => u.Id, (k, u) => new { Key = k, MakersRole = u.Role })
            .AsNoTracking().SingleOrDefaultAsync();
        if (found is null) return null;
        var now = _time.GetDatabaseNow();
        if (found.Key.LastUsedAt is not { } used || used < now - NoteUseEvery)
        {
            var before = now - NoteUseEvery;
            // Of several instances one writes.
            await db.ApiKeys.Where(k => k.Id == id && (k.LastUsedAt == null || k.LastUsedAt < before))
                .ExecuteUpdateAsync(set => set.SetProperty(k => k.LastUsedAt, now));
        }
        var role = Access.Allows(found.Key.Role, found.MakersRole) ? found.Key.Role : found.MakersRole;
        return new(companyId, found.Key.CreatedBy, role, found.Key.KeyHash, found.Key.ExpiresAt);
    }

    private byte[] Tag(ReadOnlySpan<byte> body) => HMACSHA256.HashData(_tagKey, body)[..TagLength];
}

/// <summary>A key that works, and what it may do now.</summary>
public sealed record LiveApiKey(Guid CompanyId, Guid UserId, string Role, byte[] Hash, DateTimeOffset? ExpiresAt);
