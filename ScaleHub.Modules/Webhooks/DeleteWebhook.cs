using Microsoft.AspNetCore.Http.HttpResults;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http.Concurrency;

namespace ScaleHub.Modules.Webhooks;

/// <summary><c>DELETE /api/v1/webhooks/{id}</c>.</summary>
public static class DeleteWebhook
{
    /// <summary>Deletes a webhook. What waits to be delivered is not sent any more.</summary>
    public static async Task<Results<NoContent, NotFound>> HandleAsync(
        Guid id, IfMatch ifMatch, ScaleHubDb db, WantedEvents wanted, CancellationToken cancellationToken)
    {
        if (await db.LockWebhookAsync(id, cancellationToken) is not { } webhook) return TypedResults.NotFound();
        ifMatch.Require(WebhookResponse.From(webhook));
        db.Webhooks.Remove(webhook);
        wanted.WillChange(db.UnitOfWork, webhook.CompanyId);
        await db.SaveChangesAsync(cancellationToken);
        return TypedResults.NoContent();
    }
}
