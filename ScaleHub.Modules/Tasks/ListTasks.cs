using System.ComponentModel;
using ScaleHub.Core.Platform.Caching;
using ScaleHub.Http.Caching;
using ScaleHub.Http.Input;
using ScaleHub.Http.Paging;

namespace ScaleHub.Modules.Tasks;

/// <summary><c>GET /api/v1/tasks?status=&amp;limit=&amp;cursor=</c>: the company's tasks, newest first. Cached until a task
/// changes.</summary>
public static class ListTasks
{
    /// <summary>Lists the company's tasks, newest first.</summary>
    // Served by the primary key, or by the index tasks_by_status.
    public static async Task<CachedOk<PagedList<TaskResponse>>> HandleAsync(
        [Description("Only tasks in this state.")] EnumName<TaskState>? status,
        [AsParameters] PageQuery page, CompanyCache cache, CancellationToken cancellationToken)
        => await page.NewestFirstAsync(
            cache, TasksModule.Cached, db => status?.Value is { } state ? db.Tasks.Where(t => t.Status == state) : db.Tasks,
            t => t.Id, TaskResponse.Projection, cancellationToken);
}
