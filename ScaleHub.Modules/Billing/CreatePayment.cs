using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http;
using ScaleHub.Http.Errors;

namespace ScaleHub.Modules.Billing;

/// <summary>Body of <c>POST /api/v1/billing/invoices/{id}/payments</c>.</summary>
/// <param name="PaymentMethod">
/// The payment provider's name for a card, 1 to 200 visible ASCII characters; kept for what will be due. Without it the one
/// that is kept.
/// </param>
[BodyExample("""{ "paymentMethod": "card-succeeds" }""")]
public sealed record CreatePaymentRequest(
    [property: StringLength(200, MinimumLength = 1),
        RegularExpression("[!-~]*", ErrorMessage = "Use visible ASCII characters.")] string? PaymentMethod = null);

/// <summary><c>POST /api/v1/billing/invoices/{id}/payments</c>: pays what is due of an invoice.</summary>
public static class CreatePayment
{
    /// <summary>Begins to pay an invoice. How the payment ends is in the invoice, seconds later as a rule.</summary>
    /// <remarks>An invoice that is not open, or is being paid already, is 409.</remarks>
    public static async Task<Results<Created<PaymentResponse>, NotFound, ProblemHttpResult>> HandleAsync(
        Guid id, CreatePaymentRequest request, BillingWork work, Tenant tenant, CancellationToken cancellationToken)
    {
        var account = await work.Db.LockBillingAccountAsync(cancellationToken);
        if (await work.Db.Invoices.SingleOrDefaultAsync(i => i.Id == id, cancellationToken) is not { } invoice)
            return TypedResults.NotFound();
        if (invoice.Status != InvoiceState.Open)
            return Problems.Conflict("id", "The invoice need not be paid.", ("state", invoice.Status));
        if (await work.IsBeingPaidAsync([id], cancellationToken))
            return Problems.Conflict("id", "The invoice is being paid just now.");
        account.PaymentMethod = request.PaymentMethod ?? account.PaymentMethod;
        if (account.PaymentMethod is not { } method)
            return Problems.Conflict("paymentMethod", "There is no card to charge. Name one.");
        var payment = work.StartPayment(invoice, method, tenant.RequiredUserId);
        await work.Db.SaveChangesAsync(cancellationToken);
        return TypedResults.Created($"/api/v1/billing/invoices/{id}", PaymentResponse.From(payment));
    }
}
