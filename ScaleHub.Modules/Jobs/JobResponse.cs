using System.Linq.Expressions;
using System.Text.Json.Nodes;
using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http.Authentication;

namespace ScaleHub.Modules.Jobs;

/// <summary>A job as clients see it.</summary>
/// <param name="Id">UUIDv7.</param>
/// <param name="Kind">What it does.</param>
/// <param name="Status">Where it is. <c>scheduled</c> after a failure too, when it is tried again.</param>
/// <param name="Attempts">How often it was begun.</param>
/// <param name="Progress">Percent.</param>
/// <param name="ProgressText">What it does now, in words.</param>
/// <param name="Failure">Why it is dead, when its kind can say so in words for clients.</param>
/// <param name="Result">What it brought, once it has succeeded; its kind says what that is.</param>
/// <param name="CreatedBy">Who caused it.</param>
/// <param name="CreatedAt">When it was added.</param>
/// <param name="RunsAt">Of a scheduled one, when it runs.</param>
/// <param name="FinishedAt">When it ended; a week later it is forgotten.</param>
/// <param name="CancelRequested">Somebody has cancelled it; while it is running, it stops within seconds.</param>
public sealed record JobResponse(
    Guid Id, string Kind, JobState Status, int Attempts, int Progress, string? ProgressText, string? Failure, JsonNode? Result,
    Guid? CreatedBy, DateTimeOffset CreatedAt, DateTimeOffset? RunsAt, DateTimeOffset? FinishedAt, bool CancelRequested)
{
    internal static readonly Expression<Func<JobView, JobResponse>> Projection = j => new(
        j.Id, j.Kind, j.State, j.Attempts, j.Progress, j.ProgressText, j.Failure, Read(j.Result), j.CreatedBy, j.CreatedAt, j.RunsAt,
        j.FinishedAt, j.CancelRequested);

    /// <summary>Whether nothing more will happen to it, unless an operator takes a dead one up again.</summary>
    internal bool IsOver => Status is JobState.Dead or JobState.Succeeded or JobState.Cancelled;

    /// <summary>The jobs that the caller may see one by one: one's own, and for admins all of the company.</summary>
    internal static IQueryable<JobView> VisibleTo(AccessToken me, IQueryable<JobView> jobs)
        => Access.Allows(Roles.Admin, me.Role) ? jobs : jobs.Where(j => j.CreatedBy == me.UserId);

    private static JsonNode? Read(string? json) => json is null ? null : JsonNode.Parse(json);
}
