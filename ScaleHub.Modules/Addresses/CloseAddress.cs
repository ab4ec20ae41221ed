using Microsoft.AspNetCore.Http.HttpResults;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Caching;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Quotas;
using ScaleHub.Http.Authentication;
using ScaleHub.Http.Concurrency;

namespace ScaleHub.Modules.Addresses;

/// <summary><c>POST /api/v1/addresses/{id}/close</c>: no more mail is received there, for good.</summary>
public static class CloseAddress
{
    /// <summary>Closes an address and gives its place in the quota back. One that is closed stays so.</summary>
    public static async Task<Results<Ok<AddressResponse>, NotFound>> HandleAsync(
        Guid id, IfMatch ifMatch, AccessToken me, ScaleHubDb db, CompanyCache cache, TimeProvider time,
        CancellationToken cancellationToken)
    {
        if (await db.LockAddressAsync(id, me, cancellationToken) is not { } address) return TypedResults.NotFound();
        ifMatch.Require(AddressResponse.From(address));
        // Locked, so that of two who close it one gives the place back.
        if (address.Status != AddressState.Closed)
        {
            await db.GiveBackQuotaAsync(cache, VirtualAddress.Quota, id, cancellationToken);
            (address.Status, address.UpdatedAt) = (AddressState.Closed, time.GetDatabaseNow());
            await db.SaveChangesAsync(cancellationToken);
        }
        return TypedResults.Ok(AddressResponse.From(address));
    }
}
