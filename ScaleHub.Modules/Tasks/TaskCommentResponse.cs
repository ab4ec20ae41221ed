using System.Linq.Expressions;

namespace ScaleHub.Modules.Tasks;

/// <summary>A comment as clients see it.</summary>
/// <param name="Id">UUIDv7.</param>
/// <param name="TaskId">The task.</param>
/// <param name="AuthorId">Who wrote it.</param>
/// <param name="Text">1 to 10,000 characters.</param>
/// <param name="CreatedAt">When it was written.</param>
public sealed record TaskCommentResponse(Guid Id, Guid TaskId, Guid AuthorId, string Text, DateTimeOffset CreatedAt)
{
    internal static readonly Expression<Func<TaskComment, TaskCommentResponse>> Projection =
        c => new(c.Id, c.TaskId, c.AuthorId, c.Text, c.CreatedAt);

    internal static readonly Func<TaskComment, TaskCommentResponse> From = Projection.Compile();
}
