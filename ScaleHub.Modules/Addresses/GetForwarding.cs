using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http.Authentication;

namespace ScaleHub.Modules.Addresses;

/// <summary><c>GET /api/v1/forwardings/{id}</c>.</summary>
public static class GetForwarding
{
    /// <summary>Reads a forwarding: of one's own mail, or for admins any of the company.</summary>
    public static async Task<Results<Ok<ForwardingResponse>, NotFound>> HandleAsync(
        Guid id, AccessToken me, ReadDb db, CancellationToken cancellationToken)
        => await db.Forwardings.VisibleTo(me).Where(f => f.Id == id).Select(ForwardingResponse.Projection)
            .SingleOrDefaultAsync(cancellationToken) is { } forwarding
            ? TypedResults.Ok(forwarding)
            : TypedResults.NotFound();
}
