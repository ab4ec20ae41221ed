using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Caching;
using ScaleHub.Core.Platform.Events;
using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Core.Platform.Plans;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Modules.Billing.Gateways;
using ScaleHub.Modules.Identity;
using ScaleHub.Modules.Notifications;

namespace ScaleHub.Modules.Billing;

/// <summary>
/// The services that code which changes bills needs. Its operations are in <see cref="Invoicing"/>, <see cref="Collecting"/>,
/// <see cref="Dunning"/> and <see cref="Crediting"/>. Each of them requires that the billing account is locked, and leaves
/// <c>SaveChanges</c> to its caller. Scoped.
/// </summary>
public sealed class BillingWork(
    ScaleHubDb db, JobQueue queue, EventOutbox events, CompanyPlans plans, CompanyCache cache, IPaymentGateway gateway, TimeProvider time)
{
    private Dictionary<string, int>? _ranks;
    private DateTimeOffset? _now;

    internal ScaleHubDb Db => db;

    internal JobQueue Queue => queue;

    internal EventOutbox Events => events;

    internal CompanyPlans Plans => plans;

    internal CompanyCache Cache => cache;

    internal IPaymentGateway Gateway => gateway;

    /// <summary>
    /// The time that all calculations of this unit of work use, so that they agree. It is taken at the first use, after the
    /// billing account was locked.
    /// </summary>
    internal DateTimeOffset Now => _now ??= time.GetDatabaseNow();

    /// <summary>The order of the plans by their names: a larger one has a higher rank. Read once in a unit of work.</summary>
    internal async ValueTask<IReadOnlyDictionary<string, int>> FindRanksAsync(CancellationToken cancellationToken)
        => _ranks ??= await db.Plans.ToDictionaryAsync(p => p.Name, p => p.Rank, cancellationToken);

    /// <summary>Tells the company's owners something about an invoice.</summary>
    internal async Task TellOwnersAsync(Invoice invoice, string title, string body, CancellationToken cancellationToken)
    {
        var owners = await db.OwnersToTell().Select(u => u.Id).ToListAsync(cancellationToken);
        foreach (var owner in owners) queue.Add(new Notify(owner, NotificationKind.Billing, title, body, invoice.Id));
    }
}
