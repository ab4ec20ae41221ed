using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http.Authentication;
using ScaleHub.Modules.Identity.Authentication;

namespace ScaleHub.Modules.Jobs;

/// <summary>
/// <c>GET /api/v1/jobs/{id}/events</c>: the job as it goes on, as Server-Sent Events (WHATWG HTML, 9.2).
/// <para>An event <c>job</c> with a <see cref="JobResponse"/> at once, and whenever it has changed, within half a second; the
/// same again after 15 s without a change, so that nobody in between takes the connection for dead. The stream ends when the job
/// does, after ten minutes, with the session, and when the instance stops; a client that reconnects goes on with the present
/// state.</para>
/// <para>It looks in the database twice a second, as a list of listeners in every instance would have to survive the loss of
/// Redis and of connections. Places for streams are bounded (<c>Overload__Streams</c>).</para>
/// </summary>
public sealed class WatchJob(
    IServiceScopeFactory scopes, LiveSessions sessions, ApiKeys keys, IHostApplicationLifetime lifetime, TimeProvider time, AccessToken me,
    Guid id)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan RepeatAfter = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    /// <summary>Streams how a job goes on: one that the caller caused, or for admins any of the company.</summary>
    public static async Task<Results<ServerSentEventsResult<JobResponse>, NotFound>> HandleAsync(
        Guid id, AccessToken me, IServiceScopeFactory scopes, LiveSessions sessions, ApiKeys keys, IHostApplicationLifetime lifetime,
        TimeProvider time, ReadDb db, HttpContext http, CancellationToken cancellationToken)
    {
        // The first look is the request's own: it finds a job that the caller has just caused, and goes elsewhere if a node fails.
        if (await FindAsync(db, me, id, cancellationToken) is not { } first) return TypedResults.NotFound();
        var watch = new WatchJob(scopes, sessions, keys, lifetime, time, me, id);
        // nginx would keep events back until its buffer is full.
        http.Response.Headers["X-Accel-Buffering"] = "no";
        return TypedResults.ServerSentEvents(watch.StreamAsync(first, cancellationToken));
    }

    private async IAsyncEnumerable<SseItem<JobResponse>> StreamAsync(
        JobResponse job, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lifetime.ApplicationStopping);
        var (began, told) = (time.GetTimestamp(), time.GetTimestamp());
        using var timer = new PeriodicTimer(LookEvery, time);
        yield return Event(job);
        while (!job.IsOver && time.GetElapsedTime(began) < Longest && await timer.TicksAsync(ending.Token))
        {
            if (!await IsStillSignedInAsync(cancellationToken)) yield break;
            if (await LookAsync(cancellationToken) is not { } now) continue;
            if (IsSame(now, job) && time.GetElapsedTime(told) < RepeatAfter) continue;
            (job, told) = (now, time.GetTimestamp());
            yield return Event(job);
        }
    }

    private async ValueTask<bool> IsStillSignedInAsync(CancellationToken cancellationToken)
        => me.IsKey
            ? await keys.FindAsync(me.CompanyId, me.SessionId, cancellationToken) is not null
            : await sessions.FindAsync(me.CompanyId, me.SessionId, cancellationToken) is not null;

    // A scope for each look: a stream must not hold on to one database node. Null: this look found nothing, as a node has just failed, or
    // a standby is behind the one that had the job; the next look will.
    private async Task<JobResponse?> LookAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateScopeOf(me.CompanyId, me.UserId);
        try
        {
            return await FindAsync(scope.ServiceProvider.GetRequiredService<ReadDb>(), me, id, cancellationToken);
        }
        catch (Exception e) when (e is NoNodeException || DatabaseErrors.IsRetryableRead(e))
        {
            return null;
        }
    }

    private static Task<JobResponse?> FindAsync(ReadDb db, AccessToken me, Guid id, CancellationToken cancellationToken)
        => JobResponse.VisibleTo(me, db.Jobs).Where(j => j.Id == id).Select(JobResponse.Projection).SingleOrDefaultAsync(cancellationToken);

    private static SseItem<JobResponse> Event(JobResponse job) => new(job, "job");

    private static bool IsSame(JobResponse a, JobResponse b)
        => (a.Status, a.Attempts, a.Progress, a.ProgressText, a.CancelRequested)
            == (b.Status, b.Attempts, b.Progress, b.ProgressText, b.CancelRequested);
}
