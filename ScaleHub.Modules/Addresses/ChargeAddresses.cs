using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Modules.Billing;

namespace ScaleHub.Modules.Addresses;

/// <summary>
/// Finds the companies with addresses in use and adds a job for each, a thousand at a time: the next thousand is a job of its own,
/// which is added in the same transaction.
/// </summary>
/// <param name="At">When the month begins that is charged: the moment of the schedule, however late the job runs.</param>
/// <param name="After">The last company of the thousand before.</param>
public sealed record FindAddressesToCharge(DateTimeOffset At, Guid After = default) : IJob
{
    /// <summary>How many jobs one run adds.</summary>
    internal const int AtATime = 1000;

    /// <inheritdoc/>
    public static string Kind => "addresses.find-companies";
}

/// <summary>
/// Charges a company for a month of its addresses that are in use, in one transaction. The month in which an address begins is
/// charged when it does; and no month is charged twice, however often the job runs.
/// </summary>
/// <param name="At">When the month begins.</param>
public sealed record ChargeAddresses(DateTimeOffset At) : IJob
{
    /// <inheritdoc/>
    public static string Kind => "addresses.charge";

    /// <inheritdoc/>
    public static JobPolicy Policy { get; } = new() { CanBeCancelled = false };
}

internal sealed class FindAddressesToChargeHandler(ScaleHubDb db, JobQueue queue) : IJobHandler<FindAddressesToCharge>
{
    public async Task HandleAsync(FindAddressesToCharge job, JobRun run, CancellationToken cancellationToken)
    {
        var found = await db.Database.SqlQuery<Guid>($"""
            select id as "Value" from companies_with_addresses({job.After}, {FindAddressesToCharge.AtATime}) as id
            """).ToListAsync(cancellationToken);
        foreach (var company in found) queue.Add(new ChargeAddresses(job.At), new() { CompanyId = company });
        if (found.Count == FindAddressesToCharge.AtATime) queue.Add(job with { After = found[^1] });
        await db.SaveChangesAsync(cancellationToken);
        run.Result = new { companies = found.Count };
    }
}

internal sealed class ChargeAddressesHandler(ScaleHubDb db) : IJobHandler<ChargeAddresses>
{
    public async Task HandleAsync(ChargeAddresses job, JobRun run, CancellationToken cancellationToken)
    {
        var addresses = await db.Addresses.Where(a => a.CreatedAt < job.At && a.Status == AddressState.Active)
            .Select(a => new { a.Id, a.UserId }).ToListAsync(cancellationToken);
        foreach (var address in addresses)
            await db.ChargeAsync("address.month", address.UserId, address.Id, 1, job.At, cancellationToken, monthly: true);
    }
}
