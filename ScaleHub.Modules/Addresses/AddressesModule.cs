using ScaleHub.Core.Platform.Exports;
using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http;
using ScaleHub.Http.Authentication;
using ScaleHub.Http.Concurrency;
using ScaleHub.Http.Idempotency;

namespace ScaleHub.Modules.Addresses;

/// <summary>Virtual addresses, the mail that comes for them, and where it is sent on to. The company's admins are its mail
/// room.</summary>
public sealed class AddressesModule : IModule
{
    /// <inheritdoc/>
    public string Name => "Addresses";

    /// <inheritdoc/>
    public string Summary => "Virtual addresses, the mail that comes for them, and where it is sent on to.";

    // An address belongs to a user, who is told of mail and charged for it; scans are files.
    /// <inheritdoc/>
    public IReadOnlyList<string> Uses => ["Billing", "Files", "Identity", "Notifications"];

    /// <inheritdoc/>
    public void AddJobs(JobList jobs) => jobs
        .Handle<FindAddressesToCharge, FindAddressesToChargeHandler>()
        .Handle<ChargeAddresses, ChargeAddressesHandler>()
        .Schedule("addresses.month", "0 0 1 * *", tick => new FindAddressesToCharge(tick));

    // Of all users: for the mail room.
    /// <inheritdoc/>
    public void AddExports(ExportCatalogue exports) => exports
        .Add("addresses", Roles.Admin, db => db.Addresses, a => a.Id, AddressResponse.Projection, a => a.Id)
        .Add("mail-items", Roles.Admin, db => db.MailItems, m => m.Id, MailItemResponse.Projection, m => m.Id)
        .Add("forwardings", Roles.Admin, db => db.Forwardings, f => f.Id, ForwardingResponse.Projection, f => f.Id);

    /// <inheritdoc/>
    public void MapRoutes(IEndpointRouteBuilder v1, IEndpointRouteBuilder root)
    {
        var all = v1.MapGroup("").RequireRole(Roles.Member).WithIdempotency();

        var addresses = all.MapGroup("/addresses");
        addresses.MapPost("/", CreateAddress.HandleAsync).RequireIdempotency().WithEntityTag().ProducesProblem(403);
        addresses.MapGet("/", ListAddresses.HandleAsync);
        addresses.MapGet("/{id:guid}", GetAddress.HandleAsync).WithEntityTag();
        addresses.MapPatch("/{id:guid}", UpdateAddress.HandleAsync).InTransaction().WithEntityTag();
        addresses.MapPost("/{id:guid}/close", CloseAddress.HandleAsync).WithEntityTag();
        addresses.MapPost("/{id:guid}/mail-items", CreateMailItem.HandleAsync)
            .RequireRole(Roles.Admin).RequireIdempotency().ProducesProblem(409);
        addresses.MapGet("/{id:guid}/mail-items", ListAddressMail.HandleAsync);

        var mail = all.MapGroup("/mail-items");
        mail.MapGet("/", ListMailItems.HandleAsync).RequireRole(Roles.Admin);
        mail.MapGet("/{id:guid}", GetMailItem.HandleAsync);
        mail.MapPost("/{id:guid}/scans", AddMailScan.HandleAsync).RequireRole(Roles.Admin).ProducesProblem(409);
        mail.MapGet("/{id:guid}/scans", ListMailScans.HandleAsync);
        mail.MapGet("/{id:guid}/scans/{scanId:guid}", GetMailScan.HandleAsync);
        mail.MapDelete("/{id:guid}/scans/{scanId:guid}", DeleteMailScan.HandleAsync).RequireRole(Roles.Admin).InTransaction();
        mail.MapPost("/{id:guid}/shred", ShredMailItem.HandleAsync).ProducesProblem(409);
        mail.MapPost("/{id:guid}/forwardings", RequestForwarding.HandleAsync).ProducesProblem(409);

        var forwardings = all.MapGroup("/forwardings");
        forwardings.MapGet("/", ListForwardings.HandleAsync);
        forwardings.MapGet("/{id:guid}", GetForwarding.HandleAsync);
        forwardings.MapPost("/{id:guid}/status", MoveForwarding.HandleAsync).RequireRole(Roles.Admin).ProducesProblem(409);
        forwardings.MapPost("/{id:guid}/cancel", CancelForwarding.HandleAsync).ProducesProblem(409);
    }
}
