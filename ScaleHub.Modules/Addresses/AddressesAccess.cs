using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http.Authentication;

namespace ScaleHub.Modules.Addresses;

/// <summary>
/// Who sees what: the mail room, which is the company's admins and owner, everything; everybody else what came for their own
/// addresses. For whoever may not see it, a thing does not exist.
/// </summary>
internal static class AddressesAccess
{
    public static bool IsMailRoom(this AccessToken me) => Access.Allows(Roles.Admin, me.Role);

    public static IQueryable<VirtualAddress> VisibleTo(this IQueryable<VirtualAddress> addresses, AccessToken me)
        => me.IsMailRoom() ? addresses : addresses.Where(a => a.UserId == me.UserId);

    public static IQueryable<MailItem> VisibleTo(
        this IQueryable<MailItem> items, AccessToken me, IQueryable<VirtualAddress> addresses)
        => me.IsMailRoom() ? items : items.Where(m => addresses.Any(a => a.Id == m.AddressId && a.UserId == me.UserId));

    public static IQueryable<Forwarding> VisibleTo(this IQueryable<Forwarding> forwardings, AccessToken me)
        => me.IsMailRoom() ? forwardings : forwardings.Where(f => f.UserId == me.UserId);

    // Rows that nobody else changes until the transaction ends; null where there is none for the caller. Who locks a forwarding
    // and its mail item locks the forwarding first.

    public static Task<VirtualAddress?> LockAddressAsync(
        this ScaleHubDb db, Guid id, AccessToken me, CancellationToken cancellationToken)
        => db.Addresses.FromSql($"select * from virtual_addresses where id = {id} for no key update").VisibleTo(me)
            .SingleOrDefaultAsync(cancellationToken);

    public static Task<MailItem?> LockMailItemAsync(
        this ScaleHubDb db, Guid id, AccessToken me, CancellationToken cancellationToken)
        => db.MailItems.FromSql($"select * from mail_items where id = {id} for no key update").VisibleTo(me, db.Addresses)
            .SingleOrDefaultAsync(cancellationToken);

    public static Task<Forwarding?> LockForwardingAsync(
        this ScaleHubDb db, Guid id, AccessToken me, CancellationToken cancellationToken)
        => db.Forwardings.FromSql($"select * from forwarding_requests where id = {id} for no key update").VisibleTo(me)
            .SingleOrDefaultAsync(cancellationToken);
}
