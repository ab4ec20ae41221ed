using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http.Authentication;
using ScaleHub.Http.Input;
using ScaleHub.Http.Paging;

namespace ScaleHub.Modules.Addresses;

/// <summary>
/// <c>GET /api/v1/addresses?userId=&amp;status=&amp;mailbox=&amp;limit=&amp;cursor=</c>: the caller's addresses, or for the mail
/// room those of all, newest first.
/// </summary>
public static class ListAddresses
{
    /// <summary>Lists the caller's addresses, or for admins the company's, newest first.</summary>
    // Served by the primary key, by virtual_addresses_by_user, or for one mailbox by the unique index.
    public static async Task<Ok<PagedList<AddressResponse>>> HandleAsync(
        [Description("Only addresses of this user.")] Guid? userId,
        [Description("Only addresses in this state.")] EnumName<AddressState>? status,
        [Description("Only the address with this mailbox, as it is written on mail.")] string? mailbox,
        [AsParameters] PageQuery page, AccessToken me, ReadDb db, CancellationToken cancellationToken)
    {
        var addresses = db.Addresses.VisibleTo(me);
        if (userId is { } user) addresses = addresses.Where(a => a.UserId == user);
        if (status?.Value is { } state) addresses = addresses.Where(a => a.Status == state);
        if (mailbox is not null) addresses = addresses.Where(a => a.Mailbox == mailbox);
        return TypedResults.Ok(await page.NewestFirstAsync(addresses, a => a.Id, AddressResponse.Projection, cancellationToken));
    }
}
