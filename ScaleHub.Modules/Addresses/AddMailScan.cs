using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http;
using ScaleHub.Http.Authentication;
using ScaleHub.Http.Errors;
using ScaleHub.Modules.Billing;
using ScaleHub.Modules.Files;

namespace ScaleHub.Modules.Addresses;

/// <summary>Body of <c>POST /api/v1/mail-items/{id}/scans</c>.</summary>
/// <param name="FileId">A file that the caller has uploaded with <c>POST /api/v1/files</c>, and attached to nothing yet.</param>
[BodyExample("""{ "fileId": "01a217e1-0704-759f-b784-0d15b44e9000" }""")]
public sealed record AddMailScanRequest(Guid FileId);

/// <summary><c>POST /api/v1/mail-items/{id}/scans</c>: the mail room opened a mail item and scanned what is in it.</summary>
public static class AddMailScan
{
    /// <summary>Adds an uploaded file to a mail item, which is scanned from then on. For admins.</summary>
    /// <remarks>
    /// A mail item that was forwarded or shredded is 409, as is a file that is not the caller's, has expired or is attached already, and a
    /// 21st. With the first scan the company is charged the price <c>mail.scanned</c>.
    /// </remarks>
    public static async Task<Results<Created<FileResponse>, NotFound, ProblemHttpResult>> HandleAsync(
        Guid id, AddMailScanRequest request, AccessToken me, ScaleHubDb db, FileLinks links, Tenant tenant, TimeProvider time,
        CancellationToken cancellationToken)
    {
        // Locked, so that of two first scans one is charged, and those at once are counted one after the other.
        if (await db.LockMailItemAsync(id, me, cancellationToken) is not { } item) return TypedResults.NotFound();
        if (!item.IsHere) return Problems.WrongState("mail item", item.Status, item.Next);
        if (await db.MailScans.CountAsync(s => s.MailItemId == id, cancellationToken) >= MailScan.MaxPerItem)
            return TypedResults.Problem($"A mail item has at most {MailScan.MaxPerItem} scans.", statusCode: 409);
        if (await db.AttachFileAsync(request.FileId, time, cancellationToken) is not { } file)
            return Problems.Conflict("fileId", "You have uploaded no such file, or it has expired or is attached already.");
        var now = time.GetDatabaseNow();
        db.MailScans.Add(new() { CompanyId = tenant.RequiredCompanyId, Id = file.Id, MailItemId = id, CreatedAt = now });
        if (item.TryMove(MailState.Scanned, now))
        {
            var owner = await db.Addresses.Where(a => a.Id == item.AddressId).Select(a => a.UserId).SingleAsync(cancellationToken);
            await db.ChargeAsync("mail.scanned", owner, id, 1, now, cancellationToken);
        }
        await db.SaveChangesAsync(cancellationToken);
        return TypedResults.Created($"/api/v1/mail-items/{id}/scans/{file.Id}", FileResponse.From(file, links));
    }
}
