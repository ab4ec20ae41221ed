using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http.Authentication;

namespace ScaleHub.Modules.Addresses;

/// <summary><c>GET /api/v1/mail-items/{id}</c>.</summary>
public static class GetMailItem
{
    /// <summary>Reads a mail item: one's own, or for admins any of the company.</summary>
    public static async Task<Results<Ok<MailItemResponse>, NotFound>> HandleAsync(
        Guid id, AccessToken me, ReadDb db, CancellationToken cancellationToken)
        => await db.MailItems.VisibleTo(me, db.Addresses).Where(m => m.Id == id).Select(MailItemResponse.Projection)
            .SingleOrDefaultAsync(cancellationToken) is { } item
            ? TypedResults.Ok(item)
            : TypedResults.NotFound();
}
