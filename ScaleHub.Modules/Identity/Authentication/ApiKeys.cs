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
/// <para>A key is one of <see cref="OpaqueTokens"/>, whose tag's key is derived from <c>ScaleHub:Secret</c>: a new secret ends all
/// keys.</para>
/// </summary>
public sealed class ApiKeys
{
    /// <summary>How a key begins, so that scanners for secrets find it.</summary>
    public const string Prefix = "shk_";

    private static readonly TimeSpan NoteUseEvery = TimeSpan.FromMinutes(1);

    private readonly LiveCache<LiveApiKey> _here;
    private readonly IServiceScopeFactory _scopes;
    private readonly TimeProvider _time;
    private readonly OpaqueTokens _tokens;

    /// <summary>Listens to news from the other instances.</summary>
    public ApiKeys(
        Broadcast broadcast, PendingInvalidations pending, IServiceScopeFactory scopes, SecretBox secrets, TimeProvider time)
    {
        (_scopes, _time, _tokens) = (scopes, time, new(secrets.KeyFor("api-key"), Prefix));
        _here = new LiveCache<LiveApiKey>(
            "apikey", broadcast, pending, time, capacity: 100_000, TimeSpan.FromSeconds(10), TimeSpan.FromMilliseconds(500)).Listening();
    }

    /// <summary>A new key.</summary>
    public OpaqueToken Create(Guid companyId, Guid id) => _tokens.Create(companyId, id);

    /// <summary>Who calls with the key; null when it does not work.</summary>
    /// <exception cref="NoNodeException">PostgreSQL cannot tell.</exception>
    public async ValueTask<AccessToken?> FindAsync(string text, CancellationToken cancellationToken)
        => _tokens.Read(text) is { } sent && await FindAsync(sent.CompanyId, sent.Id, cancellationToken) is { } key && sent.Is(key.Hash)
            ? new(key.UserId, sent.CompanyId, sent.Id, key.Role, IsKey: true)
            : null;

    /// <summary>A key that works, by its identifier.</summary>
    public async ValueTask<LiveApiKey?> FindAsync(Guid companyId, Guid id, CancellationToken cancellationToken)
    {
        // The load serves all who wait for it, so it does not end with one of them.
        var found = _here.GetAsync(id, () => LoadAsync(companyId, id));
        var key = found.IsCompletedSuccessfully ? found.Result : await found.AsTask().WaitAsync(cancellationToken);
        return key is not null && key.CompanyId == companyId && (key.ExpiresAt is null || key.ExpiresAt > _time.GetUtcNow()) ? key : null;
    }

    /// <summary>Announces that keys end or may do less, and tells every instance once more when that is committed. Call it before the
    /// write.</summary>
    public async Task WillChangeAsync(UnitOfWork unitOfWork, IReadOnlyCollection<Guid> ids)
    {
        if (ids.Count == 0) return;
        unitOfWork.AfterCommit(async () => await InvalidateAsync(ids));
        await InvalidateAsync(ids);
    }

    /// <summary>The same for all keys of a user.</summary>
    public async Task WillChangeAsync(ScaleHubDb db, Guid makerId, CancellationToken cancellationToken)
        => await WillChangeAsync(
            db.UnitOfWork, await db.ApiKeys.Where(k => k.CreatedBy == makerId).Select(k => k.Id).ToListAsync(cancellationToken));

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
            // Of several instances one writes. Not audited: each use would be an entry.
            await db.ApiKeys.Where(k => k.Id == id && (k.LastUsedAt == null || k.LastUsedAt < before))
                .ExecuteUpdateAsync(set => set.SetProperty(k => k.LastUsedAt, now));
        }
        var role = Access.Allows(found.Key.Role, found.MakersRole) ? found.Key.Role : found.MakersRole;
        return new(companyId, found.Key.CreatedBy, role, found.Key.KeyHash, found.Key.ExpiresAt);
    }
}

/// <summary>A key that works, and what it may do now.</summary>
public sealed record LiveApiKey(Guid CompanyId, Guid UserId, string Role, byte[] Hash, DateTimeOffset? ExpiresAt);
