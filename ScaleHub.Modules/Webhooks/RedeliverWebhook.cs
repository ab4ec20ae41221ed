using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http.Errors;

namespace ScaleHub.Modules.Webhooks;

/// <summary><c>POST /api/v1/webhooks/{id}/deliveries/{deliveryId}/redeliver</c>: sends an event once more.</summary>
public static class RedeliverWebhook
{
    /// <summary>
    /// Sends an event of the log once more, with the <c>webhook-id</c> that it had and as a delivery of its own, after those of
    /// its subject that wait. A webhook that is switched off is 409.
    /// </summary>
    public static async Task<Results<Accepted, NotFound, ProblemHttpResult>> HandleAsync(
        Guid id, Guid deliveryId, ScaleHubDb db, JobQueue queue, TimeProvider time, CancellationToken cancellationToken)
    {
        var webhook = await db.LockWebhookAsync(id, cancellationToken);
        var old = await db.WebhookDeliveries.AsNoTracking()
            .SingleOrDefaultAsync(d => d.Id == deliveryId && d.WebhookId == id, cancellationToken);
        if (webhook is null || old is null) return TypedResults.NotFound();
        if (webhook.Disabled is not null) return SwitchedOff();
        var job = WebhookDelivery.Add(
            db, queue, id, time.GetDatabaseNow(), old.EventId, old.EventType, old.SubjectId, old.Body);
        await db.SaveChangesAsync(cancellationToken);
        return TypedResults.Accepted($"/api/v1/jobs/{job}");
    }

    internal static ProblemHttpResult SwitchedOff() => Problems.Conflict("isEnabled", "The webhook is switched off.");
}
