using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using ScaleHub.Api.Http.Paging;
using ScaleHub.Core.Model;
using ScaleHub.Core.Model.Tasks;

namespace ScaleHub.Api.Modules.Tasks;

/// <summary><c>GET /api/v1/tasks?status=&amp;limit=&amp;cursor=</c>: the company's tasks, newest first.</summary>
public static class ListTasks
{
    /// <summary>Lists the company's tasks, newest first.</summary>
    /// <remarks>Served by the primary key, or by the index tasks_by_status.</remarks>
    public static async Task<Ok<PagedList<TaskResponse>>> HandleAsync(
        [Description("Only tasks in this state."), AllowedValues(null, "todo", "doing", "done", ErrorMessage = "Use todo, doing or done.")]
        string? status,
        [AsParameters] PageQuery page, ReadDb db, CancellationToken cancellationToken)
    {
        var tasks = db.Tasks;
        if (status is not null)
        {
            var state = Enum.Parse<TaskState>(status, ignoreCase: true);
            tasks = tasks.Where(t => t.Status == state);
        }
        return TypedResults.Ok(await page.NewestFirstAsync(tasks, t => t.Id, TasksModule.ToResponse, cancellationToken));
    }
}
