using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Modules.Companies;

namespace ScaleHub.Modules.Billing;

/// <summary><c>GET /api/v1/billing/invoices/{id}/page</c>: an invoice on paper.</summary>
public static class ShowInvoice
{
    private const string Style = """
        :root { color-scheme: light; font: 11pt/1.45 system-ui, sans-serif; }
        body { max-width: 46em; margin: 2em auto; padding: 0 1em; color: #111; background: #fff; }
        h1 { font-size: 18pt; margin: 0 0 .2em; } h2 { font-size: 12pt; margin: 2em 0 .4em; }
        table { width: 100%; border-collapse: collapse; } th { text-align: left; border-bottom: 2px solid #111; }
        td, th { padding: .35em .5em .35em 0; vertical-align: top; } td { border-bottom: 1px solid #ccc; }
        .n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
        tfoot td { border: 0; font-weight: bold; }
        tr { break-inside: avoid; }
        @page { size: A4; margin: 20mm; }
        @media print { body { margin: 0; max-width: none; padding: 0; } }
        """;

    /// <summary>Nothing but the style that is in it: no script, no picture, no form, whatever a name contains.</summary>
    public static readonly string ContentSecurityPolicy =
        $"default-src 'none'; style-src 'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Style)))}'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox allow-modals";

    /// <summary>An invoice as a page of HTML to print.</summary>
    public static async Task<Results<ContentHttpResult, NotFound>> HandleAsync(
        Guid id, ReadDb db, Tenant tenant, HttpResponse response, CancellationToken cancellationToken)
    {
        if (await GetInvoice.FindAsync(db, id, cancellationToken) is not { } invoice) return TypedResults.NotFound();
        var company = await db.Companies.Where(c => c.Id == tenant.RequiredCompanyId).Select(c => c.Name)
            .SingleAsync(cancellationToken);
        response.Headers.ContentSecurityPolicy = ContentSecurityPolicy;
        response.Headers.CacheControl = "no-store";
        return TypedResults.Content(Page(invoice, company), "text/html; charset=utf-8");
    }

    /// <summary>The page. Everything that somebody typed is encoded.</summary>
    internal static string Page(InvoiceResponse invoice, string company)
    {
        var html = new StringBuilder("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Invoice ")
            .Append(Text(invoice.Number)).Append("</title><style>").Append(Style).Append("</style></head><body>")
            .Append("<h1>Invoice ").Append(Text(invoice.Number)).Append("</h1><p>").Append(Text(company)).Append("<br>Date: ")
            .Append(Day(invoice.CreatedAt)).Append("<br>Due: ").Append(Day(invoice.DueAt)).Append("<br>Status: ")
            .Append(Text(EnumNames.Write(invoice.Status)));
        if (invoice.PaidAt is { } paid) html.Append(", ").Append(Day(paid));
        html.Append("</p><table><thead><tr><th>Description</th><th class=\"n\">Quantity</th><th class=\"n\">Price</th>")
            .Append("<th class=\"n\">Amount</th></tr></thead><tbody>");
        foreach (var line in invoice.Lines)
            html.Append("<tr><td>").Append(Text(line.Description)).Append("</td>").Append(Cell(Text(line.Quantity)))
                .Append(Cell(Money(line.UnitPriceMinor, invoice.Currency)))
                .Append(Cell(Money(line.AmountMinor, invoice.Currency)))
                .Append("</tr>");
        html.Append("</tbody><tfoot>").Append(Sum("Total", invoice.TotalMinor, invoice.Currency));
        if (invoice.CreditMinor > 0)
            html.Append(Sum("Covered by credit", -invoice.CreditMinor, invoice.Currency))
                .Append(Sum("To pay", invoice.TotalMinor - invoice.CreditMinor, invoice.Currency));
        html.Append("</tfoot></table>");
        if (invoice.CreditNotes.Count > 0) html.Append("<h2>Credit notes</h2><table><tbody>");
        foreach (var note in invoice.CreditNotes.Reverse())
            html.Append("<tr><td>Credit note ").Append(Text(note.Number)).Append(", ").Append(Day(note.CreatedAt)).Append(": ")
                .Append(Text(note.Reason)).Append("</td>").Append(Cell(Money(-note.AmountMinor, note.Currency))).Append("</tr>");
        if (invoice.CreditNotes.Count > 0) html.Append("</tbody></table>");
        return html.Append("</body></html>").ToString();
    }

    private static string Money(long minor, string currency) => Text(Currency.Write(minor, currency));

    private static string Sum(string name, long minor, string currency)
        => $"<tr><td colspan=\"3\">{name}</td>{Cell(Money(minor, currency))}</tr>";

    private static string Cell(string html) => $"<td class=\"n\">{html}</td>";

    private static string Day(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Text(string text) => HtmlEncoder.Default.Encode(text);
}
