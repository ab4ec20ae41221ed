using System.Globalization;
using Microsoft.EntityFrameworkCore;

namespace ScaleHub.Modules.Billing;

/// <summary>
/// Takes back parts of invoices.
/// <para>Guarantee: the credit notes of an invoice never exceed its total, however many ask at once; their numbers have no
/// gaps.</para>
/// </summary>
internal static class Crediting
{
    // A subscription's period has an invoice for its begin and one for each upgrade.
    private const int MostInvoices = 50;

    /// <summary>How much of an invoice was not taken back yet, in minor units.</summary>
    public static async Task<long> CreditableAsync(this BillingWork work, Invoice invoice, CancellationToken cancellationToken)
        => invoice.TotalMinor
            - await work.Db.CreditNotes.Where(n => n.InvoiceId == invoice.Id).SumAsync(n => n.AmountMinor, cancellationToken);

    /// <summary>Makes a credit note.</summary>
    /// <param name="work">With a transaction open.</param>
    /// <param name="account">Locked.</param>
    /// <param name="invoice">Open or paid, and no payment of it is under way.</param>
    /// <param name="amountMinor">At most what is creditable.</param>
    /// <param name="reason">1 to 200 characters.</param>
    /// <param name="requestKey">Of the request that asks for it; null: none does.</param>
    /// <param name="cancellationToken">Ends the wait for the database.</param>
    public static async Task<CreditNote> CreditAsync(
        this BillingWork work, BillingAccount account, Invoice invoice, long amountMinor, string reason, byte[]? requestKey,
        CancellationToken cancellationToken)
    {
        var note = new CreditNote
        {
            CompanyId = invoice.CompanyId,
            Id = Guid.CreateVersion7(work.Now),
            Number = ++account.LastCreditNoteNumber,
            InvoiceId = invoice.Id,
            AmountMinor = amountMinor,
            Currency = invoice.Currency,
            Reason = reason,
            RequestKey = requestKey,
            CreatedAt = work.Now,
        };
        work.Db.CreditNotes.Add(note);
        // What is open need not be paid; what was paid, by money or by credit, is the company's.
        var open = invoice.Status == InvoiceState.Open ? Math.Min(amountMinor, invoice.DueMinor) : 0;
        invoice.CreditMinor += open;
        account.CreditMinor += amountMinor - open;
        if (open > 0 && invoice.DueMinor == 0) await work.SettleAsync(account, invoice, cancellationToken);
        return note;
    }

    /// <summary>Takes back what a subscription costs more than another price for the rest of its period.</summary>
    public static async Task CreditUnusedAsync(
        this BillingWork work, BillingAccount account, Subscription subscription, long newPriceMinor, string newPlan,
        CancellationToken cancellationToken)
    {
        var now = work.Now;
        if (subscription.Status is not (SubscriptionState.Active or SubscriptionState.PastDue)
            || now >= subscription.PeriodEndsAt || now < subscription.PeriodStartsAt) return;
        var left = Proration.Of(Math.Max(subscription.PriceMinor - newPriceMinor, 0), now, subscription.PeriodEndsAt);
        var reason = string.Create(
            CultureInfo.InvariantCulture, $"Plan {subscription.Plan} to {newPlan} on {now.UtcDateTime:d MMMM yyyy}");
        var invoices = await work.Db.Invoices
            .Where(i => i.SubscriptionId == subscription.Id && i.CreatedAt >= subscription.PeriodStartsAt).OrderByDescending(i => i.Id)
            .Take(MostInvoices).ToListAsync(cancellationToken);
        foreach (var invoice in invoices.Where(i => i.Status != InvoiceState.Void))
        {
            var amount = Math.Min(left, await work.CreditableAsync(invoice, cancellationToken));
            if (amount <= 0) continue;
            await work.CreditAsync(account, invoice, amount, reason, null, cancellationToken);
            left -= amount;
        }
    }
}
