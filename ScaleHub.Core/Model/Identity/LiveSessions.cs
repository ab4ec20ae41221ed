using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Caching;
using ScaleHub.Core.Platform.Redis;
using ScaleHub.Core.Platform.Tenancy;
using StackExchange.Redis;

namespace ScaleHub.Core.Model.Identity;

/// <summary>A session that works, and the present role of its user.</summary>
public sealed record LiveSession(Guid CompanyId, Guid UserId, string Role);

/// <summary>
/// Which sessions work, asked on every request: in process, then Redis, then PostgreSQL, which alone decides.
/// <para>Guarantee: a session that was ended, or whose user was removed or got another role, fails on every instance in under a
/// second, with Redis and without. While news are heard a session is kept in process for 10 s, else for half a second. Redis
/// keeps it for 60 s; what ends a session overwrites it there, and a lookup only ever adds, so a slow lookup cannot bring it
/// back.</para>
/// <para>Redis away: every half second a session in use costs one lookup in PostgreSQL. For 60 s after a failure nothing is read
/// from Redis: it may have missed that a session ended, or have gone back in time. If only the instance that ended a session has
/// lost Redis, the others learn of it when it is back, and within 70 s if it never is.</para>
/// </summary>
public sealed class LiveSessions
{
    /// <summary>How long Redis keeps a session.</summary>
    public static readonly TimeSpan RedisLife = TimeSpan.FromSeconds(60);

    private const string Ended = "-", AskDatabase = "?";
    private readonly LiveCache<LiveSession> _here;
    private readonly RedisStore _redis;
    private readonly RedisOutbox _outbox;
    private readonly IServiceScopeFactory _scopes;
    private readonly TimeProvider _time;

    /// <summary>Listens to news from the other instances.</summary>
    public LiveSessions(
        Broadcast broadcast, RedisStore redis, RedisOutbox outbox, IServiceScopeFactory scopes, TimeProvider time)
    {
        (_redis, _outbox, _scopes, _time) = (redis, outbox, scopes, time);
        _here = new LiveCache<LiveSession>(
            "session", broadcast, time, capacity: 100_000, TimeSpan.FromSeconds(10), TimeSpan.FromMilliseconds(500)).Listening();
    }

    /// <summary>The session if it works, else null.</summary>
    /// <exception cref="Platform.Postgres.NoNodeException">Neither Redis nor PostgreSQL can tell.</exception>
    public async ValueTask<LiveSession?> FindAsync(Guid companyId, Guid sessionId, CancellationToken cancellationToken)
    {
        // The load serves all who wait for it, so it does not end with one of them.
        var found = _here.GetAsync(sessionId, () => LoadAsync(companyId, sessionId));
        return found.IsCompletedSuccessfully ? found.Result : await found.AsTask().WaitAsync(cancellationToken);
    }

    /// <summary>Tells every instance that sessions have ended; after the commit.</summary>
    public Task EndedAsync(Guid companyId, IEnumerable<Guid> sessionIds)
        => TellAsync(companyId, sessionIds, Ended, late: Ended);

    /// <summary>Tells every instance that a user has another role; after the commit.</summary>
    public Task RoleChangedAsync(User user, IEnumerable<Guid> sessionIds)
        => TellAsync(user.CompanyId, sessionIds, Write(user.Id, user.Role), late: AskDatabase);

    // Late, the state may have changed once more: then nothing is said but what is true for ever, or that the database knows.
    private Task TellAsync(Guid companyId, IEnumerable<Guid> sessionIds, string state, string late)
        => Task.WhenAll(sessionIds.Select(async id =>
        {
            var attempts = 0;
            _here.ForgetHere(id);
            await _outbox.SendAsync(async db =>
            {
                // The first before the second on one connection: whoever hears the news finds the new state.
                var kept = db.StringSetAsync(Key(companyId, id), attempts++ == 0 ? state : late, RedisLife);
                await _here.ForgetAsync(id, CancellationToken.None);
                await kept;
            });
        }));

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
        await using var scope = _scopes.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<Tenant>().Become(companyId, null);
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
