using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Modules.Notifications;

namespace ScaleHub.Modules.Tasks;

/// <summary>
/// Reminds whoever does a task, an hour before it is due. Every due date has a job of its own; one whose task is done by then, or
/// is due at another time, does nothing, so that nobody has to look for the job when a task is changed.
/// </summary>
/// <param name="TaskId">The task.</param>
/// <param name="DueAt">When it was due when the job was added.</param>
public sealed record RemindOfTask(Guid TaskId, DateTimeOffset DueAt) : IJob
{
    /// <summary>How long before.</summary>
    public static readonly TimeSpan Before = TimeSpan.FromHours(1);

    /// <inheritdoc/>
    public static string Kind => "tasks.remind";
}

internal sealed class RemindOfTaskHandler(ScaleHubDb db, JobQueue queue) : IJobHandler<RemindOfTask>
{
    public async Task HandleAsync(RemindOfTask job, JobRun run, CancellationToken cancellationToken)
    {
        var task = await db.Tasks.AsNoTracking().SingleOrDefaultAsync(t => t.Id == job.TaskId, cancellationToken);
        if (task is not { AssigneeId: { } assignee, Status: not TaskState.Done } || task.DueAt != job.DueAt) return;
        queue.Add(new Notify(assignee, NotificationKind.TaskDue, TaskNotices.Title("Due", task),
            $"{task.Title}\nDue {job.DueAt:yyyy-MM-dd HH:mm} UTC.", task.Id));
        await db.SaveChangesAsync(cancellationToken);
    }
}
