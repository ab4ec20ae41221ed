using System.Globalization;
using Microsoft.EntityFrameworkCore;

namespace ScaleHub.Modules.Billing;

/// <summary>
/// Makes invoices.
/// <para>Guarantee: a charge gets its invoice in the statement that makes the invoice, so that it is in one at most and the
/// total is the sum of the lines, whatever is charged at the same time; numbers have no gaps; a month's charges are invoiced
/// once, and a charge that comes late is in the next month's invoice.</para>
/// </summary>
internal static class Invoicing
{
    // How long a company without a card has to pay an invoice for usage.
    private static readonly TimeSpan TimeToPay = TimeSpan.FromDays(14);

    /// <summary>What a period of a plan costs, as a line.</summary>
    public sealed record PlanLine(string Description, long AmountMinor)
    {
        /// <summary>The line for a plan from one moment to another of the same month.</summary>
        public static PlanLine For(string plan, long monthlyMinor, DateTimeOffset from, DateTimeOffset to)
            => new(string.Create(CultureInfo.InvariantCulture,
                $"Plan {plan}, {from.UtcDateTime:d MMMM yyyy} to {to.UtcDateTime.AddTicks(-1):d MMMM yyyy}"),
                Proration.Of(monthlyMinor, from, to));
    }

    /// <summary>
    /// Bills what is due: the next period of a subscription whose period has ended, and the charges of earlier months. Does
    /// nothing when nothing is.
    /// </summary>
    /// <param name="work">With a transaction open.</param>
    /// <param name="account">Locked.</param>
    /// <param name="subscription">The company's; null when it has none.</param>
    /// <param name="at">The moment up to which is billed.</param>
    /// <param name="charges">Whether charges are.</param>
    /// <param name="cancellationToken">Ends the wait for the database.</param>
    public static async Task BillAsync(
        this BillingWork work, BillingAccount account, Subscription? subscription, DateTimeOffset at, bool charges,
        CancellationToken cancellationToken)
    {
        var periods = subscription is { Status: SubscriptionState.Active or SubscriptionState.Trialing }
            && subscription.PeriodEndsAt <= at
            ? await RenewAsync(work, subscription, at, cancellationToken) : [];
        if (periods.Count == 0 && !charges) return;
        var made = await work.MakeInvoiceAsync(
            account, periods, charges ? at : null, periods.Count > 0 ? subscription : null, null, cancellationToken);
        if (made is not null) await work.CollectAsync(account, made, userId: null, cancellationToken);
    }

    /// <summary>Makes an invoice of lines for a plan and of charges; null when it would be empty.</summary>
    /// <param name="work">With a transaction open.</param>
    /// <param name="account">Locked.</param>
    /// <param name="periods">Lines for plans.</param>
    /// <param name="chargesBefore">Charges of the months before that of this moment are on it; null: none are.</param>
    /// <param name="subscription">What the lines are for.</param>
    /// <param name="becomes">The plan that begins when it is paid, and its price a month.</param>
    /// <param name="cancellationToken">Ends the wait for the database.</param>
    public static async Task<Invoice?> MakeInvoiceAsync(
        this BillingWork work, BillingAccount account, IReadOnlyCollection<PlanLine> periods, DateTimeOffset? chargesBefore,
        Subscription? subscription, (string Plan, long PriceMinor)? becomes, CancellationToken cancellationToken)
    {
        // The account, the subscription's new period: what the invoice refers to is there before it.
        await work.Db.SaveChangesAsync(cancellationToken);
        var (db, now, company) = (work.Db, work.Now, account.CompanyId);
        var (id, number) = (Guid.CreateVersion7(now), account.LastInvoiceNumber + 1);
        var descriptions = periods.Select(p => p.Description).ToArray();
        var amounts = periods.Select(p => p.AmountMinor).ToArray();
        var before = chargesBefore is { } at ? UsageCharge.Month(at) : 0;
        int? month = chargesBefore is { } moment ? UsageCharge.Month(Proration.StartOfMonth(moment).AddMonths(-1)) : null;
        // What costs money in advance is due at once, what was used later.
        var due = subscription is null ? now + TimeToPay : now;
        // One statement, so that charges that are added meanwhile are on it with their line or not at all. Foreign keys are
        // checked at its end. EF must not put a query around it. The audit log has the invoice by the entry below.
        var made = await db.Invoices.FromSql($"""
            with claimed as (
                update usage_charges set invoice_id = {id} -- Not audited: the invoice is.
                where company_id = {company} and invoice_id is null and period_yyyymm < {before} and currency = {UsageCharges.Currency}
                  and not exists (select from invoices where company_id = {company} and period_yyyymm = {month}::int
                                  and currency = {UsageCharges.Currency})
                returning price_code, unit_price_minor, quantity),
            used as (
                select price_code, unit_price_minor, sum(quantity)::bigint as quantity
                from claimed group by price_code, unit_price_minor),
            lines as (
                select row_number() over (order by place, price_code, unit_price_minor) as line, description, quantity,
                    unit_price_minor
                from (select place, '' as price_code, description, 1::bigint as quantity, amount as unit_price_minor
                      from unnest({descriptions}, {amounts}) with ordinality as periods (description, amount, place)
                      union all
                      select 1000000, u.price_code, coalesce(p.description, u.price_code), u.quantity, u.unit_price_minor
                      from used u left join prices p on p.code = u.price_code and p.currency = {UsageCharges.Currency}) everything),
            made as ( -- Not audited here: the entry is below.
                insert into invoices (company_id, id, number, period_yyyymm, total_minor, currency, due_at, created_at,
                    subscription_id, for_plan, for_price_minor)
                select {company}, {id}, {number}, case when exists (select from claimed) then {month}::int end,
                    sum(quantity * unit_price_minor), {UsageCharges.Currency}, {due}, {now},
                    {subscription?.Id}::uuid, {becomes?.Plan}::text, {becomes?.PriceMinor}::bigint
                from lines having count(*) > 0 returning *),
            written as (
                insert into invoice_lines (company_id, invoice_id, line, description, quantity, unit_price_minor, amount_minor)
                select {company}, {id}, line, description, quantity, unit_price_minor, quantity * unit_price_minor from lines)
            select * from made
            """).IgnoreQueryFilters().ToListAsync(cancellationToken);
        if (made.Count == 0) return null;
        account.LastInvoiceNumber = number;
        db.Audit.Add("invoice.created", id, new("number", null, number), new("totalMinor", null, made[0].TotalMinor));
        await work.Events.AddAsync(InvoiceEvents.Created, id, InvoiceSummary.From(made[0]));
        return made[0];
    }

    /// <summary>Moves a subscription on to the period of a moment; what the periods from its last one on cost.</summary>
    private static async Task<List<PlanLine>> RenewAsync(
        BillingWork work, Subscription subscription, DateTimeOffset at, CancellationToken cancellationToken)
    {
        // An upgrade that is being paid decides at which price the month goes on: it is waited for.
        if (await work.Db.Invoices.AnyAsync(i => i.SubscriptionId == subscription.Id && i.ForPlan != null
            && i.Status == InvoiceState.Open, cancellationToken)) return [];
        var price = await work.Db.FindPlanPriceAsync(subscription.Plan, cancellationToken);
        var periods = new List<PlanLine>();
        while (subscription.PeriodEndsAt <= at)
        {
            subscription.PeriodStartsAt = subscription.PeriodEndsAt;
            subscription.PeriodEndsAt = Proration.NextMonth(subscription.PeriodStartsAt);
            periods.Add(PlanLine.For(subscription.Plan, price, subscription.PeriodStartsAt, subscription.PeriodEndsAt));
        }
        (subscription.PriceMinor, subscription.Status) = (price, SubscriptionState.Active);
        return periods;
    }
}
