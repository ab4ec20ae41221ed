using System.Linq.Expressions;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Postgres;

namespace ScaleHub.Modules.Billing;

/// <summary>An invoice with all that belongs to it.</summary>
/// <param name="Id">UUIDv7.</param>
/// <param name="Number">From 1, without gaps.</param>
/// <param name="Month">The month that is billed, as <c>yyyymm</c>; null for what is billed outside the cycle.</param>
/// <param name="Status">How it stands.</param>
/// <param name="TotalMinor">Sum of the lines, in minor units.</param>
/// <param name="CreditMinor">How much of it credit has covered; the rest was or is to be paid.</param>
/// <param name="Currency">ISO 4217.</param>
/// <param name="DueAt">When it should be paid.</param>
/// <param name="PaidAt">When nothing of it was left to be paid.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="Lines">What is on it.</param>
/// <param name="Payments">The last 100 attempts to get it paid, newest first.</param>
/// <param name="CreditNotes">The last 100 that took back a part of it, newest first.</param>
public sealed record InvoiceResponse(
    Guid Id, long Number, int? Month, InvoiceState Status, long TotalMinor, long CreditMinor, string Currency,
    DateTimeOffset DueAt,
    DateTimeOffset? PaidAt, DateTimeOffset CreatedAt, IReadOnlyList<InvoiceLineResponse> Lines,
    IReadOnlyList<PaymentResponse> Payments, IReadOnlyList<CreditNoteResponse> CreditNotes)
{
    private const int Most = 100;

    internal static readonly Expression<Func<Invoice, InvoiceResponse>> Projection = i => new(
        i.Id, i.Number, i.PeriodYyyymm, i.Status, i.TotalMinor, i.CreditMinor, i.Currency, i.DueAt, i.PaidAt, i.CreatedAt,
        i.Lines.OrderBy(l => l.Line)
            .Select(l => new InvoiceLineResponse(l.Line, l.Description, l.Quantity, l.UnitPriceMinor, l.AmountMinor)).ToList(),
        i.Payments.OrderByDescending(p => p.Id).Take(Most)
            .Select(p => new PaymentResponse(p.Id, p.AmountMinor, p.Currency, p.Status, p.Failure, p.CreatedAt, p.SettledAt))
            .ToList(),
        i.CreditNotes.OrderByDescending(n => n.Id).Take(Most)
            .Select(n => new CreditNoteResponse(n.Id, n.Number, n.AmountMinor, n.Currency, n.Reason, n.CreatedAt)).ToList());
}

/// <summary>A line of an invoice.</summary>
/// <param name="Line">From 1.</param>
/// <param name="Description">What it is for.</param>
/// <param name="Quantity">How many.</param>
/// <param name="UnitPriceMinor">In minor units.</param>
/// <param name="AmountMinor">Quantity times price.</param>
public sealed record InvoiceLineResponse(int Line, string Description, long Quantity, long UnitPriceMinor, long AmountMinor);

/// <summary>An attempt to get an invoice paid.</summary>
/// <param name="Id">UUIDv7.</param>
/// <param name="AmountMinor">In minor units.</param>
/// <param name="Currency">ISO 4217.</param>
/// <param name="Status">How it stands.</param>
/// <param name="Failure">Why it failed.</param>
/// <param name="CreatedAt">When it began.</param>
/// <param name="SettledAt">When it succeeded or failed.</param>
public sealed record PaymentResponse(
    Guid Id, long AmountMinor, string Currency, PaymentState Status, string? Failure, DateTimeOffset CreatedAt,
    DateTimeOffset? SettledAt)
{
    internal static PaymentResponse From(Payment p)
        => new(p.Id, p.AmountMinor, p.Currency, p.Status, p.Failure, p.CreatedAt, p.SettledAt);
}

/// <summary>What was taken back of an invoice.</summary>
/// <param name="Id">UUIDv7.</param>
/// <param name="Number">From 1, without gaps, apart from the invoices'.</param>
/// <param name="AmountMinor">In minor units.</param>
/// <param name="Currency">ISO 4217.</param>
/// <param name="Reason">Why.</param>
/// <param name="CreatedAt">When it was made.</param>
public sealed record CreditNoteResponse(
    Guid Id, long Number, long AmountMinor, string Currency, string Reason, DateTimeOffset CreatedAt)
{
    internal static CreditNoteResponse From(CreditNote n)
        => new(n.Id, n.Number, n.AmountMinor, n.Currency, n.Reason, n.CreatedAt);
}

/// <summary><c>GET /api/v1/billing/invoices/{id}</c>.</summary>
public static class GetInvoice
{
    /// <summary>Reads an invoice with its lines, payments and credit notes. One of another company does not exist.</summary>
    public static async Task<Results<Ok<InvoiceResponse>, NotFound>> HandleAsync(
        Guid id, ReadDb db, CancellationToken cancellationToken)
        => await FindAsync(db, id, cancellationToken) is { } invoice ? TypedResults.Ok(invoice) : TypedResults.NotFound();

    /// <summary>The invoice; null when the company has none of that id.</summary>
    internal static Task<InvoiceResponse?> FindAsync(ReadDb db, Guid id, CancellationToken cancellationToken)
        => db.Invoices.Where(i => i.Id == id).AsSplitQuery().Select(InvoiceResponse.Projection)
            .SingleOrDefaultAsync(cancellationToken);
}
