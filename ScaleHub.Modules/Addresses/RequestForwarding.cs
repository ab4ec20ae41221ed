using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http;
using ScaleHub.Http.Authentication;
using ScaleHub.Http.Errors;
using ScaleHub.Http.Input;

namespace ScaleHub.Modules.Addresses;

/// <summary>Body of <c>POST /api/v1/mail-items/{id}/forwardings</c>.</summary>
/// <param name="Recipient">1 to 200 characters.</param>
/// <param name="Line1">Street and number, 1 to 200 characters.</param>
/// <param name="City">1 to 100 characters.</param>
/// <param name="PostalCode">1 to 20 characters.</param>
/// <param name="Country">ISO 3166-1 alpha-2, in capitals.</param>
/// <param name="Line2">More of the address, 1 to 200 characters.</param>
[BodyExample("""
    { "recipient": "Ada Example", "line1": "2 Low Street", "city": "Bath", "postalCode": "BA1 1AA", "country": "GB" }
    """)]
public sealed record RequestForwardingRequest(
    [property: Required, Text(200, 1)] string Recipient,
    [property: Required, Text(200, 1)] string Line1,
    [property: Required, Text(100, 1)] string City,
    [property: Required, Text(20, 1)] string PostalCode,
    [property: Required, Country] string Country,
    [property: Text(200, 1)] string? Line2 = null);

/// <summary><c>POST /api/v1/mail-items/{id}/forwardings</c>: its owner wants a mail item sent on.</summary>
public static class RequestForwarding
{
    /// <summary>Asks for a mail item to be sent on: one's own, or as an admin any of the company.</summary>
    /// <remarks>
    /// A mail item is forwarded once: another request is 409, unless the one before was cancelled. So is one for mail that was
    /// shredded.
    /// </remarks>
    public static async Task<Results<Created<ForwardingResponse>, NotFound, ProblemHttpResult>> HandleAsync(
        Guid id, RequestForwardingRequest request, AccessToken me, ScaleHubDb db, Tenant tenant, TimeProvider time,
        CancellationToken cancellationToken)
    {
        // Locked, so that of two who ask one sees the other's request.
        if (await db.LockMailItemAsync(id, me, cancellationToken) is not { } item) return TypedResults.NotFound();
        if (!item.IsHere) return Problems.WrongState("mail item", item.Status, item.Next);
        if (await db.Forwardings.AnyAsync(f => f.MailItemId == id && f.Status != ForwardingState.Cancelled, cancellationToken))
            return TypedResults.Problem("Somebody has already asked to forward the mail item.", statusCode: 409);
        var now = time.GetDatabaseNow();
        var forwarding = new Forwarding
        {
            CompanyId = tenant.RequiredCompanyId,
            Id = Guid.CreateVersion7(now),
            MailItemId = id,
            UserId = await db.Addresses.Where(a => a.Id == item.AddressId).Select(a => a.UserId).SingleAsync(cancellationToken),
            Recipient = request.Recipient,
            Line1 = request.Line1,
            Line2 = request.Line2,
            City = request.City,
            PostalCode = request.PostalCode,
            Country = request.Country,
            CreatedAt = now,
            UpdatedAt = now,
        };
        db.Forwardings.Add(forwarding);
        await db.SaveChangesAsync(cancellationToken);
        return TypedResults.Created($"/api/v1/forwardings/{forwarding.Id}", ForwardingResponse.From(forwarding));
    }
}
