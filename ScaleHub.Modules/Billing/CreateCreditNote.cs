using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Consistency;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http;
using ScaleHub.Http.Errors;
using ScaleHub.Http.Idempotency;
using ScaleHub.Http.Input;

namespace ScaleHub.Modules.Billing;

/// <summary>Body of <c>POST /api/admin/invoices/{companyId}/{id}/credit-notes</c>.</summary>
/// <param name="AmountMinor">In the invoice's minor unit, from 1; at most what of the invoice was not taken back
/// before.</param>
/// <param name="Reason">For the company, 1 to 200 characters.</param>
[BodyExample("""{ "amountMinor": 150, "reason": "The scan could not be read." }""")]
public sealed record CreateCreditNoteRequest(
    [property: Required, Range(1L, 1_000_000_000_000L)] long? AmountMinor, [property: Required, Text(200, 1)] string Reason);

/// <summary><c>POST /api/admin/invoices/{companyId}/{id}/credit-notes</c>: an operator takes back a part of an
/// invoice.</summary>
public static class CreateCreditNote
{
    /// <summary>Makes a credit note: an open invoice is less to pay, for a paid one the company gets credit.</summary>
    /// <remarks>More than is left of the invoice, an invoice that is void, and one that is being paid just now are
    /// 409.</remarks>
    public static async Task<Results<Created<CreditNoteResponse>, NotFound, ProblemHttpResult>> HandleAsync(
        Guid companyId, Guid id, CreateCreditNoteRequest request, HttpRequest http, Tenant tenant, IServiceScopeFactory scopes,
        ReadConsistency consistency, CancellationToken cancellationToken)
    {
        // The record of the Idempotency-Key is the operator's and commits after this: the note itself knows the request, too.
        var key = SHA256.HashData(Encoding.UTF8.GetBytes(
            $"{tenant.RequiredUserId} {id} {http.Headers[Idempotency.KeyHeader]}"));
        // A scope of its own: the request's belongs to the platform, and a scope serves one company.
        await using var scope = scopes.CreateScopeOf(companyId, byOperator: tenant);
        var work = scope.ServiceProvider.GetRequiredService<BillingWork>();
        await using var transaction = await work.Db.Database.BeginTransactionAsync(cancellationToken);
        if (!await work.Db.Invoices.AnyAsync(i => i.Id == id, cancellationToken)) return TypedResults.NotFound();
        var account = await work.Db.LockBillingAccountAsync(cancellationToken);
        var note = await work.Db.CreditNotes.SingleOrDefaultAsync(n => n.RequestKey == key, cancellationToken);
        if (note is null)
        {
            var invoice = await work.Db.Invoices.SingleAsync(i => i.Id == id, cancellationToken);
            var left = await work.CreditableAsync(invoice, cancellationToken);
            if (request.AmountMinor > left)
                return Problems.Conflict("amountMinor", $"At most {left} of the invoice can still be credited.", ("left", left));
            if (invoice.Status == InvoiceState.Void) return Problems.Conflict("id", "The invoice is void: nothing was owed.");
            if (await work.IsBeingPaidAsync([id], cancellationToken))
                return Problems.Conflict("id", "The invoice is being paid just now. Try again when that has ended.");
            note = await work.CreditAsync(account, invoice, request.AmountMinor!.Value, request.Reason, key, cancellationToken);
            await work.Db.SaveChangesAsync(cancellationToken);
            await transaction.CommitAsync(CancellationToken.None);
            consistency.WroteAs(scope.ServiceProvider.GetRequiredService<ReadConsistency>());
        }
        return TypedResults.Created((string?)null, CreditNoteResponse.From(note));
    }
}
