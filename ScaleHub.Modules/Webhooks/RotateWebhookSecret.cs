using Microsoft.AspNetCore.Http.HttpResults;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Postgres;

namespace ScaleHub.Modules.Webhooks;

/// <summary><c>POST /api/v1/webhooks/{id}/secret/rotate</c>: a new secret, without a call that the receiver cannot verify.</summary>
public static class RotateWebhookSecret
{
    /// <summary>
    /// Makes a new secret, shown in this answer alone. The one before signs as well for 24 hours, so that the receiver can change
    /// in between; one that is older ends at once.
    /// </summary>
    public static async Task<Results<Ok<WebhookSecretResponse>, NotFound>> HandleAsync(
        Guid id, ScaleHubDb db, WebhookSecrets secrets, TimeProvider time, CancellationToken cancellationToken)
    {
        if (await db.LockWebhookAsync(id, cancellationToken) is not { } webhook) return TypedResults.NotFound();
        var now = time.GetDatabaseNow();
        var (text, secret) = secrets.Create();
        (webhook.OldSecret, webhook.OldSecretEnds) = (webhook.Secret, now + Webhook.SecretOverlap);
        (webhook.Secret, webhook.UpdatedAt) = (secret, now);
        await db.SaveChangesAsync(cancellationToken);
        return TypedResults.Ok(new WebhookSecretResponse(WebhookResponse.From(webhook), text));
    }
}
