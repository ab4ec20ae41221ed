using Microsoft.AspNetCore.Http.HttpResults;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http.Authentication;
using ScaleHub.Http.Errors;

namespace ScaleHub.Modules.Addresses;

/// <summary><c>POST /api/v1/forwardings/{id}/cancel</c>: its owner does not want the mail sent on after all.</summary>
public static class CancelForwarding
{
    /// <summary>Calls off a forwarding that is not shipped yet: of one's own mail, or as an admin any of the company.</summary>
    /// <remarks>One that has moved on is 409.</remarks>
    public static async Task<Results<Ok<ForwardingResponse>, NotFound, ProblemHttpResult>> HandleAsync(
        Guid id, AccessToken me, ScaleHubDb db, TimeProvider time, CancellationToken cancellationToken)
    {
        if (await db.LockForwardingAsync(id, me, cancellationToken) is not { } forwarding) return TypedResults.NotFound();
        if (!forwarding.TryMove(ForwardingState.Cancelled, null, time.GetDatabaseNow()))
            return Problems.WrongState<ForwardingState>("forwarding", forwarding.Status, []);
        await db.SaveChangesAsync(cancellationToken);
        return TypedResults.Ok(ForwardingResponse.From(forwarding));
    }
}
