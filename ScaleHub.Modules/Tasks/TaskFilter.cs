using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http.Paging;

namespace ScaleHub.Modules.Tasks;

/// <summary>Which tasks a list has; null is any.</summary>
/// <param name="State">In this state.</param>
/// <param name="Assignee">Done by this user.</param>
/// <param name="DueFrom">Due at this time or later.</param>
/// <param name="DueBefore">Due before this time.</param>
internal sealed record TaskFilter(TaskState? State, Guid? Assignee, DateTimeOffset? DueFrom, DateTimeOffset? DueBefore)
{
    /// <summary>
    /// Served by the primary key, or by the index tasks_by_status, tasks_of_assignee, tasks_by_assignee (which has both) or
    /// tasks_by_due.
    /// </summary>
    public IQueryable<TaskItem> Apply(IQueryable<TaskItem> tasks)
    {
        // Parameters are captured as values: EF then keeps one compiled query for each set of filters.
        if (State is { } state) tasks = tasks.Where(t => t.Status == state);
        if (Assignee is { } assignee) tasks = tasks.Where(t => t.AssigneeId == assignee);
        if (DueFrom is { } from) tasks = tasks.Where(t => t.DueAt >= from);
        if (DueBefore is { } before) tasks = tasks.Where(t => t.DueAt < before);
        return tasks;
    }

    /// <summary>
    /// The tasks of a page in which a text is found. The database's function <c>find_tasks</c> looks in the index task_words_search,
    /// which leads by the company, and gives the identifiers of one page; the rows are then read by the primary key. In one plain
    /// query the index could not be used: under row-level security, <c>@@</c> is applied only to rows that the policy has let
    /// through.
    /// </summary>
    public IQueryable<TaskItem> Find(ReadDb db, string text, PageBounds bounds)
    {
        var state = State is { } value ? EnumNames.WriteColumn(value) : null;
        return db.Set<TaskItem>().FromSql($"""
            select * from tasks where id = any(array(select find_tasks(
                {text}, {bounds.Before}::uuid, {bounds.Most}, {state}::text, {Assignee}::uuid, {DueFrom}::timestamptz,
                {DueBefore}::timestamptz)))
            """);
    }
}
