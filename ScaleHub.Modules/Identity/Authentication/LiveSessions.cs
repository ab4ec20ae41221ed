using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Caching;
using ScaleHub.Core.Platform.Consistency;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Redis;
using ScaleHub.Core.Platform.Tenancy;
using StackExchange.Redis;

namespace ScaleHub.Modules.Identity.Authentication;

/// <summary>A session that works, and the present role of its user.</summary>
public sealed record LiveSession(Guid CompanyId, Guid UserId, string Role);

/// <summary>
/// Which sessions work, asked on every request: in process, then Redis, then PostgreSQL, which alone decides.
/// <para>Guarantee: a session that was ended, or whose user was removed or got another role, fails on every instance in under a
/// second, with Redis and without, also when the outcome of the commit is unknown, the client is gone, or the process is killed
/// in between: the change is announced before the write and again after the commit. For one minute after each announcement an
/// instance checks the session in PostgreSQL only, and caches the result for half a second. Otherwise Redis caches a session for 60 s,
/// and the process for 10 s while it receives invalidations, for half a second while it does not. A lookup never replaces what Redis
/// has, so a slow lookup cannot bring a session back.</para>
/// <para>Redis away: every half second a session in use costs one lookup in PostgreSQL. For 60 s after a failure nothing is read
/// from Redis: it may have missed the end of a session, or have lost recent writes. If only the instance that ended a session has
/// lost Redis, the others learn of it when it is back, and within 70 s if it never is.</para>
/// </summary>
public sealed class LiveSessions
{
    /// <summary>How long Redis keeps a session.</summary>
    public static readonly TimeSpan RedisLife = TimeSpan.FromSeconds(60);

    private const string AskDatabase = "?";
    private readonly LiveCache<LiveSession> _here;
    private readonly RedisStore _redis;
    private readonly IServiceScopeFactory _scopes;
    private readonly TimeProvider _time;

    /// <summary>Listens to news from the other instances.</summary>
    public LiveSessions(
        Broadcast broadcast, RedisStore redis, PendingInvalidations pending, IServiceScopeFactory scopes, TimeProvider time)
    {
        (_redis, _scopes, _time) = (redis, scopes, time);
        _here = new LiveCache<LiveSession>(
            "session", broadcast, pending, time, capacity: 100_000, TimeSpan.FromSeconds(10), TimeSpan.FromMilliseconds(500)).Listening();
    }

    /// <summary>The session if it works, else null.</summary>
    /// <exception cref="ScaleHub.Core.Platform.Postgres.NoNodeException">Neither Redis nor PostgreSQL can tell.</exception>
    public async ValueTask<LiveSession?> FindAsync(Guid companyId, Guid sessionId, CancellationToken cancellationToken)
    {
        // The load serves all who wait for it, so it does not end with one of them.
        var found = _here.GetAsync(sessionId, () => LoadAsync(companyId, sessionId));
        return found.IsCompletedSuccessfully ? found.Result : await found.AsTask().WaitAsync(cancellationToken);
    }

    /// <summary>
    /// Announces that sessions end or that their user gets another role, and tells every instance once more when that is
    /// committed. Call it before the write.
    /// </summary>
    public async Task WillChangeAsync(UnitOfWork unitOfWork, Guid companyId, IReadOnlyCollection<Guid> sessionIds)
    {
        if (sessionIds.Count == 0) return;
        unitOfWork.AfterCommit(async () => await InvalidateAsync(companyId, sessionIds));
        await InvalidateAsync(companyId, sessionIds);
    }

    /// <summary>Tells every instance to ask PostgreSQL for these sessions.</summary>
    /// <returns>Whether Redis has taken all of it; if not, it is sent again until it has.</returns>
    public async Task<bool> InvalidateAsync(Guid companyId, IEnumerable<Guid> sessionIds)
    {
        var taken = await Task.WhenAll(sessionIds.Select(id => _here.ForgetAsync(
            id, db => db.StringSetAsync(Key(companyId, id), AskDatabase, RedisLife)).AsTask()));
        return taken.All(done => done);
    }

    private async Task<LiveSession?> LoadAsync(Guid companyId, Guid sessionId)
    {
        var key = Key(companyId, sessionId);
        if (_redis.SinceFailure > RedisLife)
        {
            var (answered, state) = await _redis.TryAsync(db => db.StringGetAsync(key), CancellationToken.None);
            if (answered && state.HasValue && state != AskDatabase) return Read(companyId, state!);
        }
        if (await AskDatabaseAsync(companyId, sessionId) is not { } session) return null;
        // Only if there is nothing: what is there is newer than what was read.
        await _redis.TryAsync(
            db => db.StringSetAsync(key, Write(session.UserId, session.Role), RedisLife, When.NotExists), CancellationToken.None);
        return session;
    }

    private async Task<LiveSession?> AskDatabaseAsync(Guid companyId, Guid sessionId)
    {
        await using var scope = _scopes.CreateScopeOf(companyId);
        // The primary: a standby may not know yet that the session has ended.
        var db = scope.ServiceProvider.GetRequiredService<ScaleHubDb>();
        return await db.Sessions.Where(s => s.Id == sessionId).Where(Session.IsLiveAt(_time.GetDatabaseNow()))
            .Join(db.Users.Where(u => u.DeletedAt == null), s => s.UserId, u => u.Id,
                (s, u) => new LiveSession(s.CompanyId, u.Id, u.Role))
            .SingleOrDefaultAsync();
    }

    private static string Write(Guid userId, string role) => $"{userId:N} {role}";

    private static LiveSession? Read(Guid companyId, string state)
        => state.Split(' ') is [var user, var role] && Guid.TryParseExact(user, "N", out var id)
            ? new(companyId, id, role) : null;

    private string Key(Guid company, Guid session) => $"{_redis.Prefix}:{{{company:N}}}:session:{session:N}";
}
