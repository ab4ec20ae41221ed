using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Modules.Notifications;

namespace ScaleHub.Modules.Tasks;

/// <summary>Who hears of a task that is made or changed, and when.</summary>
internal static class TaskNotices
{
    private const int TitleLength = 200;

    /// <summary>
    /// Tells an assignee of a task that somebody else gave, and sees to the reminder of a due date to come: in the open transaction, so that
    /// it happens if the change does.
    /// </summary>
    /// <param name="queue">Of the same unit of work.</param>
    /// <param name="task">As it is now.</param>
    /// <param name="before">As it was; null when the task is new.</param>
    /// <param name="me">Who makes the change.</param>
    /// <param name="now">The moment of the change.</param>
    /// <param name="cancellationToken">The request's.</param>
    public static async Task AddAsync(
        JobQueue queue, TaskItem task, Noticed? before, Guid me, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (task.AssigneeId is { } given && given != before?.AssigneeId && given != me)
            queue.Add(new Notify(given, NotificationKind.TaskAssigned, Title("A task for you", task), task.Description, task.Id));
        // One that was done and is taken up again needs its reminder as well as one that gets another date.
        if (task is { DueAt: { } due, Status: not TaskState.Done } && due > now
            && (due != before?.DueAt || before.Status == TaskState.Done))
            await queue.AddOnceAsync(new RemindOfTask(task.Id, due), $"tasks.remind {task.Id} {due.UtcDateTime:O}",
                new() { DueAt = due - RemindOfTask.Before }, cancellationToken);
    }

    /// <summary>A title with the task's, cut to what a notification can have.</summary>
    public static string Title(string what, TaskItem task)
    {
        var title = $"{what}: {task.Title}";
        // By code points, as the database counts, and never through one.
        return title.EnumerateRunes().Count() <= TitleLength ? title : string.Concat(title.EnumerateRunes().Take(TitleLength));
    }
}

/// <summary>What of a task decides who hears of a change.</summary>
internal sealed record Noticed(Guid? AssigneeId, DateTimeOffset? DueAt, TaskState Status)
{
    public static Noticed Of(TaskItem task) => new(task.AssigneeId, task.DueAt, task.Status);
}
