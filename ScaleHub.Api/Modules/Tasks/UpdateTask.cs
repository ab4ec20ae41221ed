using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Api.Http;
using ScaleHub.Core.Model;
using ScaleHub.Core.Model.Tasks;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Caching;

namespace ScaleHub.Api.Modules.Tasks;

/// <summary>
/// Body of <c>PATCH /api/v1/tasks/{id}</c> (JSON Merge Patch, RFC 7396): a member that is absent stays as it is; null clears what
/// can be empty.
/// </summary>
public sealed class UpdateTaskRequest : IValidatableObject
{
    private bool _clearsTitle, _clearsStatus;

    /// <summary>1 to 200 characters.</summary>
    [StringLength(200, MinimumLength = 1), PlainText]
    public string? Title { get; set => (field, _clearsTitle) = (value, string.IsNullOrWhiteSpace(value)); }

    /// <summary>At most 10,000 characters; null clears it.</summary>
    [StringLength(10_000), PlainText]
    public string? Description { get; set => (field, ClearsDescription) = (value, value is null); }

    /// <summary>How far it is.</summary>
    public TaskState? Status { get; set => (field, _clearsStatus) = (value, value is null); }

    /// <summary>When it should be done (RFC 3339); null clears it.</summary>
    public DateTimeOffset? DueAt { get; set => (field, ClearsDueAt) = (value, value is null); }

    internal bool ClearsDescription { get; private set; }

    internal bool ClearsDueAt { get; private set; }

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (_clearsTitle) yield return new("A task has a title; it cannot be null or blank.", [nameof(Title)]);
        if (_clearsStatus) yield return new("A task has a status; it cannot be null.", [nameof(Status)]);
    }
}

/// <summary><c>PATCH /api/v1/tasks/{id}</c>: changes what the body names.</summary>
public static class UpdateTask
{
    /// <summary>Changes the members that are given; null clears a description or a due date.</summary>
    public static async Task<Results<Ok<TaskResponse>, NotFound>> HandleAsync(
        Guid id, UpdateTaskRequest request, ScaleHubDb db, TimeProvider time, CompanyCache cache,
        CancellationToken cancellationToken)
    {
        if (await db.Tasks.SingleOrDefaultAsync(t => t.Id == id, cancellationToken) is not { } task) return TypedResults.NotFound();
        task.Title = request.Title ?? task.Title;
        task.Description = request.ClearsDescription ? null : request.Description ?? task.Description;
        task.Status = request.Status ?? task.Status;
        task.DueAt = request.ClearsDueAt ? null : request.DueAt?.ToUniversalTime() ?? task.DueAt;
        if (db.ChangeTracker.HasChanges())
        {
            task.UpdatedAt = time.GetDatabaseNow();
            await cache.WillChangeAsync(TasksModule.Cached);
            await db.SaveChangesAsync(cancellationToken);
        }
        return TypedResults.Ok(TasksModule.Respond(task));
    }
}
