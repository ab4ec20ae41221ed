using System.ComponentModel;
using System.Linq.Expressions;
using Microsoft.AspNetCore.Http.HttpResults;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http.Input;
using ScaleHub.Http.Paging;

namespace ScaleHub.Modules.Billing;

/// <summary>An invoice in a list.</summary>
/// <param name="Id">UUIDv7.</param>
/// <param name="Number">From 1, without gaps.</param>
/// <param name="Month">The month that is billed, as <c>yyyymm</c>; null for what is billed outside the cycle.</param>
/// <param name="Status">How it stands.</param>
/// <param name="TotalMinor">In minor units.</param>
/// <param name="CreditMinor">How much of it credit has covered; the rest was or is to be paid.</param>
/// <param name="Currency">ISO 4217.</param>
/// <param name="DueAt">When it should be paid.</param>
/// <param name="PaidAt">When nothing of it was left to be paid.</param>
/// <param name="CreatedAt">When it was made.</param>
public sealed record InvoiceSummary(
    Guid Id, long Number, int? Month, InvoiceState Status, long TotalMinor, long CreditMinor, string Currency,
    DateTimeOffset DueAt,
    DateTimeOffset? PaidAt, DateTimeOffset CreatedAt)
{
    internal static readonly Expression<Func<Invoice, InvoiceSummary>> Projection = i => new(
        i.Id, i.Number, i.PeriodYyyymm, i.Status, i.TotalMinor, i.CreditMinor, i.Currency, i.DueAt, i.PaidAt, i.CreatedAt);

    internal static readonly Func<Invoice, InvoiceSummary> From = Projection.Compile();
}

/// <summary><c>GET /api/v1/billing/invoices?status=&amp;limit=&amp;cursor=</c>: the company's invoices, newest first.</summary>
public static class ListInvoices
{
    /// <summary>Lists the company's invoices, newest first.</summary>
    // Served by the primary key, or by the index invoices_by_status. Not cached: who pays looks a few times a month.
    public static async Task<Ok<PagedList<InvoiceSummary>>> HandleAsync(
        [Description("Only invoices in this state.")] EnumName<InvoiceState>? status,
        [AsParameters] PageQuery page, ReadDb db, CancellationToken cancellationToken)
    {
        var invoices = db.Invoices;
        if (status?.Value is { } state) invoices = invoices.Where(i => i.Status == state);
        return TypedResults.Ok(await page.NewestFirstAsync(invoices, i => i.Id, InvoiceSummary.Projection, cancellationToken));
    }
}
