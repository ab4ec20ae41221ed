using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http;
using ScaleHub.Http.Input;
using ScaleHub.Modules.Billing;
using ScaleHub.Modules.Notifications;

namespace ScaleHub.Modules.Addresses;

/// <summary>Body of <c>POST /api/v1/addresses/{id}/mail-items</c>.</summary>
/// <param name="Kind"><c>letter</c> by default.</param>
/// <param name="Sender">Who sent it, 1 to 200 characters.</param>
/// <param name="WeightGrams">1 to 100,000.</param>
[BodyExample("""{ "kind": "letter", "sender": "Tax Office", "weightGrams": 20 }""")]
public sealed record CreateMailItemRequest(
    MailKind Kind = MailKind.Letter,
    [property: Text(200, 1)] string? Sender = null,
    [property: Range(1, 100_000)] int? WeightGrams = null);

/// <summary><c>POST /api/v1/addresses/{id}/mail-items</c>: the mail room received something.</summary>
public static class CreateMailItem
{
    /// <summary>Records mail that came for an address, and tells the address's owner. For admins.</summary>
    /// <remarks>A closed address is 409. The company is charged the price <c>mail.received</c>.</remarks>
    public static async Task<Results<Created<MailItemResponse>, NotFound, ProblemHttpResult>> HandleAsync(
        Guid id, CreateMailItemRequest request, ScaleHubDb db, JobQueue queue, Tenant tenant, TimeProvider time,
        CancellationToken cancellationToken)
    {
        // Shared with others who record mail, and not with who closes it.
        var address = await db.Addresses.FromSql($"select * from virtual_addresses where id = {id} for share")
            .SingleOrDefaultAsync(cancellationToken);
        if (address is null) return TypedResults.NotFound();
        if (address.Status == AddressState.Closed)
            return TypedResults.Problem("The address is closed: return to sender.", statusCode: 409);
        var now = time.GetDatabaseNow();
        var item = new MailItem
        {
            CompanyId = tenant.RequiredCompanyId,
            Id = Guid.CreateVersion7(now),
            AddressId = id,
            Kind = request.Kind,
            Sender = request.Sender,
            WeightGrams = request.WeightGrams,
            CreatedAt = now,
            UpdatedAt = now,
        };
        db.MailItems.Add(item);
        queue.Add(new Notify(
            address.UserId, NotificationKind.MailReceived, $"A {EnumNames.Write(item.Kind)} for you",
            $"It came to the mailbox {address.Mailbox}{(item.Sender is null ? "" : $", from {item.Sender}")}.", item.Id));
        await db.SaveChangesAsync(cancellationToken);
        await db.ChargeAsync("mail.received", address.UserId, item.Id, 1, now, cancellationToken);
        return TypedResults.Created($"/api/v1/mail-items/{item.Id}", MailItemResponse.From(item));
    }
}
