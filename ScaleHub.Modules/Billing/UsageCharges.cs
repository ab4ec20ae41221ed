using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Postgres;

namespace ScaleHub.Modules.Billing;

/// <summary>
/// Charges for what was used. The next invoice has the charge in it.
/// <para>Guarantee: a charge exists if and only if the transaction that caused it is committed, and there is one at most for a
/// price, a subject and a month, however often and by however many it is asked for. A later change of the price does not change
/// it.</para>
/// </summary>
public static class UsageCharges
{
    /// <summary>The currency in which all companies are charged: ISO 4217.</summary>
    public const string Currency = "EUR";

    /// <summary>Adds a charge at the current price, unless there is one already.</summary>
    /// <param name="db">With a transaction open: that of the use.</param>
    /// <param name="priceCode">What costs it, as in <c>prices</c>.</param>
    /// <param name="userId">Who used it.</param>
    /// <param name="subjectId">What was used: a pack, a mail item.</param>
    /// <param name="quantity">How many, from 1.</param>
    /// <param name="now">When: its month (UTC) is the one that is charged.</param>
    /// <param name="cancellationToken">Ends the wait for another transaction that charges for the same.</param>
    /// <param name="monthly">True for what costs something each month: the subject is charged once a month, not once.</param>
    /// <returns>Whether it was charged now; false when it had been before.</returns>
    /// <exception cref="InvalidOperationException">There is no transaction open.</exception>
    /// <exception cref="DbUpdateException">There is no such price.</exception>
    public static async Task<bool> ChargeAsync(
        this ScaleHubDb db, string priceCode, Guid userId, Guid subjectId, int quantity, DateTimeOffset now,
        CancellationToken cancellationToken, bool monthly = false)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(quantity, 1);
        if (db.Database.CurrentTransaction is null)
            throw new InvalidOperationException("A use is charged in its own transaction; there is none.");
        var (company, month) = (db.Tenant.RequiredCompanyId, UsageCharge.Month(now));
        // Not audited, as the class says.
        return await db.Database.ExecuteSqlAsync($"""
            with new as (
                insert into charged_subjects (company_id, price_code, subject_id, period_yyyymm)
                values ({company}, {priceCode}, {subjectId}, {(monthly ? month : 0)}) on conflict do nothing returning subject_id),
            price as (select (select amount_minor from prices where code = {priceCode} and currency = {Currency}) as amount)
            insert into usage_charges (company_id, id, user_id, period_yyyymm, price_code, subject_id, quantity,
                unit_price_minor, amount_minor, currency, created_at)
            select {company}, {Guid.CreateVersion7(now)}, {userId}, {month}, {priceCode}, subject_id, {(long)quantity}, amount,
                amount * {(long)quantity}, {Currency}, {now} from new, price
            """, cancellationToken) > 0;
    }
}
