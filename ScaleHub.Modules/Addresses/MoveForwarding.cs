using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http;
using ScaleHub.Http.Authentication;
using ScaleHub.Http.Errors;
using ScaleHub.Http.Input;
using ScaleHub.Modules.Billing;

namespace ScaleHub.Modules.Addresses;

/// <summary>Body of <c>POST /api/v1/forwardings/{id}/status</c>.</summary>
/// <param name="Status">Where it goes: requested, shipped, delivered; from the first to cancelled.</param>
/// <param name="TrackingCode">The carrier's, 1 to 100 characters; required with shipped, and only there.</param>
[BodyExample("""{ "status": "shipped", "trackingCode": "JD0001" }""")]
public sealed record MoveForwardingRequest(
    ForwardingState Status,
    [property: Text(100, 1)] string? TrackingCode = null) : IValidatableObject
{
    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Status == ForwardingState.Shipped && TrackingCode is null)
            yield return new("What is shipped has a tracking code.", [nameof(TrackingCode)]);
        if (Status != ForwardingState.Shipped && TrackingCode is not null)
            yield return new("Only what is shipped has a tracking code.", [nameof(TrackingCode)]);
    }
}

/// <summary><c>POST /api/v1/forwardings/{id}/status</c>: the mail room moves a forwarding on.</summary>
public static class MoveForwarding
{
    /// <summary>Moves a forwarding of the company to its next state. For its admins.</summary>
    /// <remarks>
    /// A state that it cannot go to is 409, which names those that it can. Once it is shipped, the company is charged the price
    /// <c>mail.forwarded</c>.
    /// </remarks>
    public static async Task<Results<Ok<ForwardingResponse>, NotFound, ProblemHttpResult>> HandleAsync(
        Guid id, MoveForwardingRequest request, AccessToken me, ScaleHubDb db, TimeProvider time,
        CancellationToken cancellationToken)
    {
        if (await db.LockForwardingAsync(id, me, cancellationToken) is not { } forwarding) return TypedResults.NotFound();
        var now = time.GetDatabaseNow();
        if (!forwarding.TryMove(request.Status, request.TrackingCode, now))
            return Problems.WrongState("forwarding", forwarding.Status, forwarding.Next);
        if (forwarding.Status == ForwardingState.Shipped)
        {
            // It is here still: mail that is to be forwarded is not shredded.
            var item = await db.LockMailItemAsync(forwarding.MailItemId, me, cancellationToken);
            if (item?.TryMove(MailState.Forwarded, now) is not true)
                throw new InvalidOperationException($"The mail item of forwarding {id} is not in the mail room.");
            // Not when it is asked for: until it is handed to the carrier it can be called off, and costs nothing.
            await db.ChargeAsync("mail.forwarded", forwarding.UserId, forwarding.Id, 1, now, cancellationToken);
        }
        await db.SaveChangesAsync(cancellationToken);
        return TypedResults.Ok(ForwardingResponse.From(forwarding));
    }
}
