using Microsoft.EntityFrameworkCore;
using ScaleHub.Modules.Billing.Gateways;
using ScaleHub.Modules.Companies;

namespace ScaleHub.Modules.Billing;

/// <summary>What became of what a provider said.</summary>
internal enum Applied
{
    /// <summary>It holds now, or held before.</summary>
    Done,

    /// <summary>There is no such payment.</summary>
    NoSuchPayment,

    /// <summary>It is not what this payment is, or ended otherwise before. Nothing was changed.</summary>
    Contradiction,
}

/// <summary>
/// Gets invoices paid.
/// <para>Guarantee: an invoice is paid once. It has one payment at a time that is not failed (a unique index), a payment that
/// has ended does not change any more, and what follows from its end commits with it.</para>
/// </summary>
internal static class Collecting
{
    /// <summary>Takes credit for an invoice, and charges the card for the rest; without a card somebody must pay.</summary>
    /// <param name="work">With a transaction open.</param>
    /// <param name="account">Locked.</param>
    /// <param name="invoice">Open, and without a payment.</param>
    /// <param name="userId">Who caused it; null: it was due.</param>
    /// <param name="cancellationToken">Ends the wait for the database.</param>
    public static async Task CollectAsync(
        this BillingWork work, BillingAccount account, Invoice invoice, Guid? userId, CancellationToken cancellationToken)
    {
        var credit = Math.Min(account.CreditMinor, invoice.DueMinor);
        account.CreditMinor -= credit;
        invoice.CreditMinor += credit;
        if (invoice.DueMinor == 0) await work.SettleAsync(account, invoice, cancellationToken);
        else if (account.PaymentMethod is { } method) work.StartPayment(invoice, method, userId);
        else if (invoice.SubscriptionId is not null)
            await work.DunAsync(account, invoice, "There is no card to charge.", cancellationToken);
        else work.Queue.Add(new RetryPayment(invoice.Id, 0), new() { DueAt = invoice.DueAt });
    }

    /// <summary>Begins a payment of what is due; a job asks the provider.</summary>
    public static Payment StartPayment(this BillingWork work, Invoice invoice, string method, Guid? userId)
    {
        var now = work.Now;
        var payment = new Payment
        {
            CompanyId = invoice.CompanyId,
            Id = Guid.CreateVersion7(now),
            InvoiceId = invoice.Id,
            AmountMinor = invoice.DueMinor,
            Currency = invoice.Currency,
            Status = PaymentState.Pending,
            Provider = work.Gateway.Name,
            PaymentMethod = method,
            UserId = userId,
            CreatedAt = now,
        };
        work.Db.Payments.Add(payment);
        work.Queue.Add(new FollowPayment(payment.Id, Attempt: 1));
        return payment;
    }

    /// <summary>Whether a payment of one of these invoices is under way.</summary>
    public static Task<bool> IsBeingPaidAsync(
        this BillingWork work, IReadOnlyCollection<Guid> invoices, CancellationToken cancellationToken)
        => work.Db.Payments.AnyAsync(p => invoices.Contains(p.InvoiceId) && p.Status == PaymentState.Pending, cancellationToken);

    /// <summary>
    /// Lets a payment be as the provider says, with all that follows from it, in a transaction of its own. Any number of times
    /// and in any order: the first end is the one that holds.
    /// </summary>
    public static async Task<Applied> ApplyAsync(this BillingWork work, PaymentCallback said, CancellationToken cancellationToken)
    {
        var db = work.Db;
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (!await db.Payments.AnyAsync(p => p.Id == said.PaymentId, cancellationToken)) return Applied.NoSuchPayment;
        var account = await db.LockBillingAccountAsync(cancellationToken);
        // Only now, with the lock: it is what the one before has left.
        var payment = await db.Payments.SingleAsync(p => p.Id == said.PaymentId, cancellationToken);
        if ((payment.AmountMinor, payment.Currency) != (said.AmountMinor, said.Currency)) return Applied.Contradiction;
        if (payment.Status != PaymentState.Pending)
            return said.Answer.State == PaymentState.Pending || said.Answer.State == payment.Status
                ? Applied.Done : Applied.Contradiction;
        payment.ProviderReference ??= said.Answer.Reference;
        if (said.Answer.State != PaymentState.Pending)
        {
            (payment.Status, payment.SettledAt) = (said.Answer.State, work.Now);
            var invoice = await db.Invoices.SingleAsync(i => i.Id == payment.InvoiceId, cancellationToken);
            if (payment.Status == PaymentState.Succeeded)
            {
                // What was credited while it was being paid is the company's.
                var due = invoice.Status == InvoiceState.Open ? invoice.DueMinor : 0;
                account.CreditMinor += Math.Max(payment.AmountMinor - due, 0);
                if (invoice.Status == InvoiceState.Open) await work.SettleAsync(account, invoice, cancellationToken);
            }
            else
            {
                payment.Failure = said.Answer.Failure ?? "The provider gave no reason.";
                await FailAsync(work, account, payment, invoice, cancellationToken);
            }
        }
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(CancellationToken.None);
        return Applied.Done;
    }

    /// <summary>Nothing of an invoice is left to be paid: what it is for begins, or goes on.</summary>
    public static async Task SettleAsync(
        this BillingWork work, BillingAccount account, Invoice invoice, CancellationToken cancellationToken)
    {
        (invoice.Status, invoice.PaidAt) = (InvoiceState.Paid, work.Now);
        await work.Events.AddAsync(InvoiceEvents.Paid, invoice.Id, InvoiceSummary.From(invoice));
        if (invoice.SubscriptionId is not { } id) return;
        var subscription = await work.Db.Subscriptions.SingleAsync(s => s.Id == id, cancellationToken);
        if (subscription.Status == SubscriptionState.Cancelled) return;
        if (invoice.ForPlan is { } plan)
        {
            await TakeBackWhatIsOverAsync(work, account, invoice, subscription, cancellationToken);
            (subscription.Plan, subscription.PriceMinor, subscription.Status) =
                (plan, invoice.ForPriceMinor!.Value, SubscriptionState.Active);
            await work.Db.SetPlanAsync(work.Plans, work.Cache, plan, mustFit: false, work.Now, cancellationToken);
        }
        else if (subscription.Status == SubscriptionState.PastDue && !await work.Db.Invoices.AnyAsync(i => i.SubscriptionId == id
            && i.Id != invoice.Id && i.Status == InvoiceState.Open && i.DunningStep > 0, cancellationToken))
            subscription.Status = SubscriptionState.Active;
    }

    /// <summary>
    /// The provider took so long that the days which were paid for are over: they were without the plan. Their price becomes credit,
    /// and a subscription that begins, begins now; the next billing takes what is left of the month.
    /// </summary>
    private static async Task TakeBackWhatIsOverAsync(
        BillingWork work, BillingAccount account, Invoice invoice, Subscription subscription, CancellationToken cancellationToken)
    {
        if (subscription.PeriodEndsAt > work.Now) return;
        if (await work.CreditableAsync(invoice, cancellationToken) is > 0 and var all)
            await work.CreditAsync(account, invoice, all, "Paid when its days were over", null, cancellationToken);
        if (subscription.Status == SubscriptionState.Pending) subscription.PeriodEndsAt = work.Now;
    }

    private static async Task FailAsync(
        BillingWork work, BillingAccount account, Payment payment, Invoice invoice, CancellationToken cancellationToken)
    {
        if (invoice.ForPlan is not { } plan)
        {
            // Whoever pays by hand and fails has seen it, and the next attempt that was planned comes as planned.
            if (payment.UserId is null) await work.DunAsync(account, invoice, payment.Failure!, cancellationToken);
            return;
        }
        // The plan did not begin, so that nothing is owed for it.
        invoice.Status = InvoiceState.Void;
        account.CreditMinor += invoice.CreditMinor;
        invoice.CreditMinor = 0;
        var subscription = await work.Db.Subscriptions.SingleAsync(s => s.Id == invoice.SubscriptionId, cancellationToken);
        if (subscription.Status == SubscriptionState.Pending) subscription.Cancel(work.Now);
        await work.TellOwnersAsync(invoice, $"The plan {plan} could not be paid",
            $"{payment.Failure} Your plan is as it was, and nothing is owed. Try again with another card.", cancellationToken);
    }
}
