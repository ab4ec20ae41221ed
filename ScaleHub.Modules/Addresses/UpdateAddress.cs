using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http;
using ScaleHub.Http.Authentication;
using ScaleHub.Http.Concurrency;
using ScaleHub.Http.Input;

namespace ScaleHub.Modules.Addresses;

/// <summary>
/// Body of <c>PATCH /api/v1/addresses/{id}</c> (JSON Merge Patch, RFC 7396). Where it is and its mailbox stay: senders know them.
/// </summary>
[BodyExample("""{ "name": "Ada Example & Sons" }""")]
public sealed record UpdateAddressRequest
{
    /// <summary>Whom the mail is for, 1 to 200 characters.</summary>
    [Text(200, 1), NotCleared]
    public Optional<string> Name { get; init; }
}

/// <summary><c>PATCH /api/v1/addresses/{id}</c>: changes whom the mail is for.</summary>
public static class UpdateAddress
{
    /// <summary>Changes the name of an address: one's own, or for admins any of the company.</summary>
    public static async Task<Results<Ok<AddressResponse>, NotFound>> HandleAsync(
        Guid id, UpdateAddressRequest request, IfMatch ifMatch, AccessToken me, ScaleHubDb db, TimeProvider time,
        CancellationToken cancellationToken)
    {
        if (await db.LockAddressAsync(id, me, cancellationToken) is not { } address) return TypedResults.NotFound();
        ifMatch.Require(AddressResponse.From(address));
        address.Name = request.Name.Or(address.Name);
        if (db.Entry(address).State == EntityState.Modified)
        {
            address.UpdatedAt = time.GetDatabaseNow();
            await db.SaveChangesAsync(cancellationToken);
        }
        return TypedResults.Ok(AddressResponse.From(address));
    }
}
