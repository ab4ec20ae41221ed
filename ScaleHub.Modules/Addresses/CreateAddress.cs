using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Caching;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Quotas;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http;
using ScaleHub.Http.Input;
using ScaleHub.Modules.Billing;

namespace ScaleHub.Modules.Addresses;

/// <summary>Body of <c>POST /api/v1/addresses</c>.</summary>
/// <param name="Name">Whom the mail is for, 1 to 200 characters.</param>
/// <param name="Line1">Street and number of the mail room, 1 to 200 characters.</param>
/// <param name="City">1 to 100 characters.</param>
/// <param name="PostalCode">1 to 20 characters.</param>
/// <param name="Country">ISO 3166-1 alpha-2, in capitals.</param>
/// <param name="Line2">More of the address, 1 to 200 characters.</param>
[BodyExample("""
    { "name": "Ada Example", "line1": "1 High Street", "city": "Bath", "postalCode": "BA1 1AA", "country": "GB" }
    """)]
public sealed record CreateAddressRequest(
    [property: Required, Text(200, 1)] string Name,
    [property: Required, Text(200, 1)] string Line1,
    [property: Required, Text(100, 1)] string City,
    [property: Required, Text(20, 1)] string PostalCode,
    [property: Required, Country] string Country,
    [property: Text(200, 1)] string? Line2 = null);

/// <summary><c>POST /api/v1/addresses</c>: the caller gets a mailbox in the company's mail room.</summary>
public static class CreateAddress
{
    /// <summary>Begins a virtual address for the caller, as far as the plan allows. Its mailbox is made up.</summary>
    /// <remarks>The company is charged the price <c>address.month</c>.</remarks>
    public static async Task<Created<AddressResponse>> HandleAsync(
        CreateAddressRequest request, ScaleHubDb db, CompanyCache cache, Tenant tenant, TimeProvider time,
        CancellationToken cancellationToken)
    {
        var now = time.GetDatabaseNow();
        var address = new VirtualAddress
        {
            CompanyId = tenant.RequiredCompanyId,
            Id = Guid.CreateVersion7(now),
            UserId = tenant.RequiredUserId,
            Mailbox = VirtualAddress.NewMailbox(),
            Name = request.Name,
            Line1 = request.Line1,
            Line2 = request.Line2,
            City = request.City,
            PostalCode = request.PostalCode,
            Country = request.Country,
            CreatedAt = now,
            UpdatedAt = now,
        };
        await db.TakeQuotaAsync(cache, VirtualAddress.Quota, address.Id, cancellationToken);
        db.Addresses.Add(address);
        await db.SaveChangesAsync(cancellationToken);
        await db.ChargeAsync("address.month", address.UserId, address.Id, 1, now, cancellationToken, monthly: true);
        return TypedResults.Created($"/api/v1/addresses/{address.Id}", AddressResponse.From(address));
    }
}
