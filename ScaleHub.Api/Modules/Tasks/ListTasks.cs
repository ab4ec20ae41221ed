using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ScaleHub.Api.Http.Caching;
using ScaleHub.Api.Http.Paging;
using ScaleHub.Core.Model.Tasks;
using ScaleHub.Core.Platform.Caching;

namespace ScaleHub.Api.Modules.Tasks;

/// <summary><c>GET /api/v1/tasks?status=&amp;limit=&amp;cursor=</c>: the company's tasks, newest first. Cached until a task changes.</summary>
public static class ListTasks
{
    /// <summary>Lists the company's tasks, newest first.</summary>
    /// <remarks>Served by the primary key, or by the index tasks_by_status.</remarks>
    public static async Task<CachedOk<PagedList<TaskResponse>>> HandleAsync(
        [Description("Only tasks in this state."), AllowedValues(null, "todo", "doing", "done", ErrorMessage = "Use todo, doing or done.")]
        string? status,
        [AsParameters] PageQuery page, CompanyCache cache, CancellationToken cancellationToken)
    {
        TaskState? wanted = status is null ? null : Enum.Parse<TaskState>(status, ignoreCase: true);
        return await page.NewestFirstAsync(
            cache, TasksModule.Cached, db => wanted is { } state ? db.Tasks.Where(t => t.Status == state) : db.Tasks,
            t => t.Id, TasksModule.ToResponse, cancellationToken);
    }
}
