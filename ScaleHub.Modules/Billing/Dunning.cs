using System.Globalization;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Modules.Companies;

namespace ScaleHub.Modules.Billing;

/// <summary>
/// What happens when an invoice is not paid: its payment is tried again after 1, 3 and 7 days, and the owners are told each
/// time. When the last attempt fails, the subscription ends and the plan is FREE. Nothing is deleted, whatever is there;
/// nothing can be created until it fits.
/// </summary>
internal static class Dunning
{
    /// <summary>How long to wait after each failure before the next attempt.</summary>
    internal static readonly TimeSpan[] Waits = [TimeSpan.FromDays(1), TimeSpan.FromDays(3), TimeSpan.FromDays(7)];

    /// <summary>An attempt to get an invoice paid was in vain.</summary>
    /// <param name="work">With a transaction open.</param>
    /// <param name="account">Locked.</param>
    /// <param name="invoice">Open.</param>
    /// <param name="why">For the owners, a sentence.</param>
    /// <param name="cancellationToken">Ends the wait for the database.</param>
    public static async Task DunAsync(
        this BillingWork work, BillingAccount account, Invoice invoice, string why, CancellationToken cancellationToken)
    {
        if (invoice.Status != InvoiceState.Open) return;
        var subscription = invoice.SubscriptionId is { } id
            ? await work.Db.Subscriptions.SingleOrDefaultAsync(
                s => s.Id == id && s.Status != SubscriptionState.Cancelled, cancellationToken)
            : null;
        var failed = invoice.DunningStep++;
        if (failed < Waits.Length)
        {
            var next = work.Now + Waits[failed];
            subscription?.Status = SubscriptionState.PastDue;
            work.Queue.Add(new RetryPayment(invoice.Id, invoice.DunningStep), new() { DueAt = next });
            var body = string.Create(CultureInfo.InvariantCulture,
                $"{why} We try again on {next.UtcDateTime:d MMMM yyyy}; you can also pay it with another card before.");
            await work.TellOwnersAsync(invoice, $"Invoice {invoice.Number} is not paid", body, cancellationToken);
            return;
        }
        if (subscription is not null)
        {
            await work.CreditUnusedAsync(account, subscription, 0, "FREE", cancellationToken);
            subscription.Cancel(work.Now);
            await work.Db.SetPlanAsync(work.Plans, work.Cache, "FREE", mustFit: false, work.Now, cancellationToken);
        }
        await work.TellOwnersAsync(invoice, $"Invoice {invoice.Number} was not paid in time",
            subscription is null ? $"{why} We do not try again. Please pay it by hand."
                : $"{why} We do not try again. The plan is FREE from now on: nothing was deleted, and nothing can be added until "
                    + "what you use fits. Pay the invoice to subscribe again.", cancellationToken);
    }
}

/// <summary>Tries again to get an invoice paid, unless it was paid meanwhile.</summary>
/// <param name="InvoiceId">The invoice.</param>
/// <param name="Step">How many attempts were in vain when it was planned: one job for each.</param>
public sealed record RetryPayment(Guid InvoiceId, int Step) : IJob
{
    /// <inheritdoc/>
    public static string Kind => "billing.retry-payment";

    /// <inheritdoc/>
    public static JobPolicy Policy { get; } = new() { CanBeCancelled = false };
}

internal sealed class RetryPaymentHandler(BillingWork work) : IJobHandler<RetryPayment>
{
    private static readonly TimeSpan WhileBeingPaid = TimeSpan.FromHours(1);

    public async Task HandleAsync(RetryPayment job, JobRun run, CancellationToken cancellationToken)
    {
        var account = await work.Db.LockBillingAccountAsync(cancellationToken);
        var invoice = await work.Db.Invoices.SingleAsync(i => i.Id == job.InvoiceId, cancellationToken);
        if (invoice.Status != InvoiceState.Open || invoice.DunningStep != job.Step) return;
        if (await work.IsBeingPaidAsync([invoice.Id], cancellationToken))
            work.Queue.Add(job, new() { DueAt = work.Now + WhileBeingPaid });
        else if (account.PaymentMethod is { } method) work.StartPayment(invoice, method, userId: null);
        else await work.DunAsync(account, invoice, "There is no card to charge.", cancellationToken);
        await work.Db.SaveChangesAsync(cancellationToken);
    }
}
