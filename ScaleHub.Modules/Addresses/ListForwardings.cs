using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http.Authentication;
using ScaleHub.Http.Input;
using ScaleHub.Http.Paging;

namespace ScaleHub.Modules.Addresses;

/// <summary>
/// <c>GET /api/v1/forwardings?status=&amp;limit=&amp;cursor=</c>: the caller's, or for the mail room those of all, newest first.
/// </summary>
public static class ListForwardings
{
    /// <summary>Lists the forwardings of the caller's mail, or for admins of the company's, newest first.</summary>
    // Served by the primary key, or by the index forwarding_requests_by_status or forwarding_requests_by_user.
    public static async Task<Ok<PagedList<ForwardingResponse>>> HandleAsync(
        [Description("Only forwardings in this state.")] EnumName<ForwardingState>? status, [AsParameters] PageQuery page,
        AccessToken me, ReadDb db, CancellationToken cancellationToken)
    {
        var forwardings = db.Forwardings.VisibleTo(me);
        if (status?.Value is { } state) forwardings = forwardings.Where(f => f.Status == state);
        return TypedResults.Ok(await page.NewestFirstAsync(
            forwardings, f => f.Id, ForwardingResponse.Projection, cancellationToken));
    }
}
