using Microsoft.AspNetCore.Http.HttpResults;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http.Paging;

namespace ScaleHub.Modules.Identity;

/// <summary><c>GET /api/v1/invitations?limit=&amp;cursor=</c>: who was asked to join and has not yet, newest first.</summary>
public static class ListInvitations
{
    /// <summary>Lists the invitations that stand, newest first.</summary>
    // Served by the index invitations_open.
    public static async Task<Ok<PagedList<InvitationResponse>>> HandleAsync(
        [AsParameters] PageQuery page, ReadDb db, TimeProvider time, CancellationToken cancellationToken)
    {
        var now = time.GetDatabaseNow();
        return TypedResults.Ok(await page.NewestFirstAsync(db.Invitations.Where(i => i.AcceptedAt == null && i.ExpiresAt > now),
            i => i.Id, InvitationResponse.Projection, cancellationToken));
    }
}
