using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Core.Platform.Postgres;

namespace ScaleHub.Modules.Webhooks;

/// <summary><c>POST /api/v1/webhooks/{id}/ping</c>: tries whether the receiver is there, and verifies the signature.</summary>
public static class PingWebhook
{
    private const string Type = "webhook.ping";

    /// <summary>
    /// Sends the event <c>webhook.ping</c>, whatever the webhook's events are; the log of its deliveries shows what came of it. A
    /// webhook that is switched off is 409.
    /// </summary>
    public static async Task<Results<Accepted, NotFound, ProblemHttpResult>> HandleAsync(
        Guid id, ScaleHubDb db, JobQueue queue, TimeProvider time, CancellationToken cancellationToken)
    {
        if (await db.LockWebhookAsync(id, cancellationToken) is not { } webhook) return TypedResults.NotFound();
        if (webhook.Disabled is not null) return RedeliverWebhook.SwitchedOff();
        var now = time.GetDatabaseNow();
        // A subject of its own each time: what waits does not hold it up.
        var eventId = Guid.CreateVersion7(now);
        var body = WebhookListener.Body(Type, now, JsonSerializer.Serialize(new { webhookId = id }));
        var job = WebhookDelivery.Add(db, queue, id, now, eventId, Type, eventId, body);
        await db.SaveChangesAsync(cancellationToken);
        return TypedResults.Accepted($"/api/v1/jobs/{job}");
    }
}
