using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Modules.Notifications;

namespace ScaleHub.Modules.Tasks;

/// <summary>Who hears of a task that is made or changed, and when.</summary>
internal static class TaskNotices
{
    private const int TitleLength = 200;

    /// <summary>
    /// Tells an assignee of a task that somebody else gave, and sees to the reminder of a due date to come. With the next
    /// <c>SaveChanges</c>, so that it happens if the change does.
    /// </summary>
    /// <param name="queue">Of the same unit of work.</param>
    /// <param name="task">As it is now.</param>
    /// <param name="assignee">Who did it before; nobody, when the task is new.</param>
    /// <param name="dueAt">When it was due before.</param>
    /// <param name="me">Who makes the change.</param>
    /// <param name="now">The moment of the change.</param>
    public static void Add(JobQueue queue, TaskItem task, Guid? assignee, DateTimeOffset? dueAt, Guid me, DateTimeOffset now)
    {
        if (task.AssigneeId is { } given && given != assignee && given != me)
            queue.Add(new Notify(given, NotificationKind.TaskAssigned, Title("A task for you", task), task.Description, task.Id));
        if (task is { DueAt: { } due, Status: not TaskState.Done } && due != dueAt && due > now)
            queue.Add(new RemindOfTask(task.Id, due), new() { DueAt = due - RemindOfTask.Before });
    }

    /// <summary>A title with the task's, cut to what a notification can have.</summary>
    public static string Title(string what, TaskItem task)
    {
        var title = $"{what}: {task.Title}";
        // By code points, as the database counts, and never through one.
        return title.EnumerateRunes().Count() <= TitleLength ? title : string.Concat(title.EnumerateRunes().Take(TitleLength));
    }
}
