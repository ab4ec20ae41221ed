using Microsoft.AspNetCore.Http.HttpResults;
using ScaleHub.Core.Platform.Postgres;

namespace ScaleHub.Modules.Identity;

/// <summary><c>DELETE /api/v1/invitations/{id}</c>: an invitation does not stand any more.</summary>
public static class WithdrawInvitation
{
    /// <summary>Withdraws an invitation that was not accepted: its link stops working.</summary>
    public static async Task<Results<NoContent, NotFound>> HandleAsync(Guid id, ScaleHubDb db, CancellationToken cancellationToken)
        => await db.Audit.ExecuteAsync("invitation.withdrawn", $"""
            delete from invitations where id = {id} and accepted_at is null
            returning id as subject_id, jsonb_build_object('email', jsonb_build_object('from', email)) as detail
            """, cancellationToken) > 0
            ? TypedResults.NoContent()
            : TypedResults.NotFound();
}
