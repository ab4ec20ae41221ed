using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Postgres;

namespace ScaleHub.Modules.Identity;

/// <summary><c>DELETE /api/v1/invitations/{id}</c>: an invitation does not stand any more.</summary>
public static class WithdrawInvitation
{
    /// <summary>Withdraws an invitation that was not accepted: its link stops working.</summary>
    public static async Task<Results<NoContent, NotFound>> HandleAsync(Guid id, ScaleHubDb db, CancellationToken cancellationToken)
        => await db.Invitations.Where(i => i.Id == id && i.AcceptedAt == null).ExecuteDeleteAsync(cancellationToken) > 0
            ? TypedResults.NoContent()
            : TypedResults.NotFound();
}
