using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http.Authentication;
using ScaleHub.Http.Errors;

namespace ScaleHub.Modules.Addresses;

/// <summary><c>POST /api/v1/mail-items/{id}/shred</c>: its owner does not want it. What was scanned of it stays.</summary>
public static class ShredMailItem
{
    /// <summary>Has a mail item destroyed: one's own, or as an admin any of the company. One that is shredded stays so.</summary>
    /// <remarks>One that was forwarded, or is to be, is 409.</remarks>
    public static async Task<Results<Ok<MailItemResponse>, NotFound, ProblemHttpResult>> HandleAsync(
        Guid id, AccessToken me, ScaleHubDb db, TimeProvider time, CancellationToken cancellationToken)
    {
        if (await db.LockMailItemAsync(id, me, cancellationToken) is not { } item) return TypedResults.NotFound();
        if (item.Status == MailState.Shredded) return TypedResults.Ok(MailItemResponse.From(item));
        if (await db.Forwardings.AnyAsync(f => f.MailItemId == id && f.Status != ForwardingState.Cancelled, cancellationToken))
            return Problems.Conflict("status", "A forwarding was requested. Cancel it first.", ("state", item.Status));
        if (!item.TryMove(MailState.Shredded, time.GetDatabaseNow()))
            return Problems.WrongState("mail item", item.Status, item.Next);
        await db.SaveChangesAsync(cancellationToken);
        return TypedResults.Ok(MailItemResponse.From(item));
    }
}
