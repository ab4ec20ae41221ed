using ScaleHub.Core.Platform.Events;

namespace ScaleHub.Modules.Tasks;

/// <summary>A task that is no more.</summary>
/// <param name="Id">Which.</param>
internal sealed record TaskDeleted(Guid Id);

/// <summary>What a company can hear of its tasks.</summary>
internal static class TaskEvents
{
    private static readonly DateTimeOffset At = new(2027, 3, 1, 10, 0, 0, TimeSpan.Zero);

    private static readonly TaskResponse Example = new(
        Guid.Parse("01a217e1-0704-759f-b784-0d15b44e9000"), "Call the supplier", null, TaskState.Todo, At.AddDays(1),
        Guid.Parse("01a217e1-0704-759f-b784-0d15b44e9001"), Guid.Parse("01a217e1-0704-759f-b784-0d15b44e9001"), At, At);

    public static readonly EventType<TaskResponse> Created = new("task.created", "Somebody made a task.", Example);

    public static readonly EventType<TaskResponse> Updated =
        new("task.updated", "Somebody changed a task.", Example with { Status = TaskState.Done, UpdatedAt = At.AddHours(1) });

    public static readonly EventType<TaskDeleted> Deleted = new("task.deleted", "Somebody deleted a task.", new(Example.Id));
}
