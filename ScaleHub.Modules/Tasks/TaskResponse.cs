using System.Linq.Expressions;

namespace ScaleHub.Modules.Tasks;

/// <summary>A task as clients see it.</summary>
/// <param name="Id">UUIDv7.</param>
/// <param name="Title">1 to 200 characters.</param>
/// <param name="Description">At most 10,000 characters.</param>
/// <param name="Status">How far it is.</param>
/// <param name="DueAt">When it should be done.</param>
/// <param name="CreatedBy">Who made it.</param>
/// <param name="AssigneeId">Who does it.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="UpdatedAt">When it was last changed.</param>
public sealed record TaskResponse(
    Guid Id, string Title, string? Description, TaskState Status, DateTimeOffset? DueAt, Guid CreatedBy, Guid? AssigneeId,
    DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
{
    /// <summary>Entity to answer, in the database or in memory.</summary>
    internal static readonly Expression<Func<TaskItem, TaskResponse>> Projection = t => new(
        t.Id, t.Title, t.Description, t.Status, t.DueAt, t.CreatedBy, t.AssigneeId, t.CreatedAt, t.UpdatedAt);

    /// <summary>The same, compiled.</summary>
    internal static readonly Func<TaskItem, TaskResponse> From = Projection.Compile();
}
