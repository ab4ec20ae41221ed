using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;

namespace ScaleHub.Modules.Billing;

/// <summary>Bills what is due of one company, in one transaction: it can be killed at any moment, and repeated.</summary>
/// <param name="At">The moment up to which is billed: that of the schedule, however late the job runs.</param>
/// <param name="Charges">Whether the charges of earlier months are.</param>
public sealed record BillCompany(DateTimeOffset At, bool Charges) : IJob
{
    /// <inheritdoc/>
    public static string Kind => "billing.bill-company";

    /// <inheritdoc/>
    public static JobPolicy Policy { get; } = new() { CanBeCancelled = false };
}

internal sealed class BillCompanyHandler(BillingWork work) : IJobHandler<BillCompany>
{
    public async Task HandleAsync(BillCompany job, JobRun run, CancellationToken cancellationToken)
    {
        var account = await work.Db.LockBillingAccountAsync(cancellationToken);
        var subscription = await work.Db.FindSubscriptionAsync(cancellationToken);
        await work.BillAsync(account, subscription, job.At, job.Charges, cancellationToken);
        await work.Db.SaveChangesAsync(cancellationToken);
    }
}

/// <summary>
/// Finds the companies with something to bill and adds a job for each, a thousand at a time: the next thousand is a job of its
/// own, which is added in the same transaction.
/// </summary>
/// <param name="At">The moment up to which is billed.</param>
/// <param name="Charges">Whether charges are, and not only subscriptions.</param>
/// <param name="After">The last company of the thousand before.</param>
public sealed record FindCompaniesToBill(DateTimeOffset At, bool Charges, Guid After = default) : IJob
{
    /// <summary>How many jobs one run adds.</summary>
    internal const int AtATime = 1000;

    /// <inheritdoc/>
    public static string Kind => "billing.find-companies";
}

internal sealed class FindCompaniesToBillHandler(ScaleHubDb db, JobQueue queue) : IJobHandler<FindCompaniesToBill>
{
    public async Task HandleAsync(FindCompaniesToBill job, JobRun run, CancellationToken cancellationToken)
    {
        int? month = job.Charges ? UsageCharge.Month(job.At) : null;
        var found = await db.Database.SqlQuery<Guid>($"""
            select id as "Value" from companies_to_bill({month}::int, {job.At}, {job.After}, {FindCompaniesToBill.AtATime}) as id
            """).ToListAsync(cancellationToken);
        foreach (var company in found.Where(c => c != Tenant.Platform))
            queue.Add(new BillCompany(job.At, job.Charges), new() { CompanyId = company });
        if (found.Count == FindCompaniesToBill.AtATime) queue.Add(job with { After = found[^1] });
        await db.SaveChangesAsync(cancellationToken);
        run.Result = new { companies = found.Count };
    }
}
