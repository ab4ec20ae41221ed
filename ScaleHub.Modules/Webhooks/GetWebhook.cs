using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Postgres;

namespace ScaleHub.Modules.Webhooks;

/// <summary><c>GET /api/v1/webhooks/{id}</c>.</summary>
public static class GetWebhook
{
    /// <summary>Reads a webhook. One of another company does not exist.</summary>
    public static async Task<Results<Ok<WebhookResponse>, NotFound>> HandleAsync(
        Guid id, ReadDb db, CancellationToken cancellationToken)
        => await db.Webhooks.Where(w => w.Id == id).Select(WebhookResponse.Projection)
            .SingleOrDefaultAsync(cancellationToken) is { } webhook
            ? TypedResults.Ok(webhook)
            : TypedResults.NotFound();
}
