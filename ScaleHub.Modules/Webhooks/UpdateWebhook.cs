using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http;
using ScaleHub.Http.Concurrency;
using ScaleHub.Http.Input;

namespace ScaleHub.Modules.Webhooks;

/// <summary>
/// Body of <c>PATCH /api/v1/webhooks/{id}</c> (JSON Merge Patch, RFC 7396): a member that is absent stays as it is.
/// </summary>
[BodyExample("""{ "events": ["task.created", "order.placed"], "isEnabled": true }""")]
public sealed record UpdateWebhookRequest : IValidatableObject
{
    /// <summary>Where events are sent: https, at most 2,000 characters.</summary>
    [NotCleared]
    public Optional<string> Url { get; init; }

    /// <summary>1 to 100 kinds of events.</summary>
    [NotCleared]
    public Optional<IReadOnlyList<string>> Events { get; init; }

    /// <summary>At most 200 characters; null clears it.</summary>
    [Text(200)]
    public Optional<string?> Description { get; init; }

    /// <summary>False: no events are sent. True: they are, also when the webhook was switched off because it failed.</summary>
    public Optional<bool> IsEnabled { get; init; }

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
        => [.. WebhookRules.CheckUrl(Url.Value, nameof(Url), validationContext),
            .. WebhookRules.CheckEvents(Events.Value, nameof(Events), validationContext)];
}

/// <summary><c>PATCH /api/v1/webhooks/{id}</c>: changes what the body names.</summary>
public static class UpdateWebhook
{
    /// <summary>Changes the members that are given. What waits to be delivered goes to the new address.</summary>
    public static async Task<Results<Ok<WebhookResponse>, NotFound>> HandleAsync(
        Guid id, UpdateWebhookRequest request, IfMatch ifMatch, ScaleHubDb db, WantedEvents wanted, TimeProvider time,
        CancellationToken cancellationToken)
    {
        if (await db.LockWebhookAsync(id, cancellationToken) is not { } webhook) return TypedResults.NotFound();
        ifMatch.Require(WebhookResponse.From(webhook));
        var now = time.GetDatabaseNow();
        webhook.Url = request.Url.Or(webhook.Url);
        if (request.Events.IsGiven && !request.Events.Value.SequenceEqual(webhook.Events))
            webhook.Events = [.. request.Events.Value];
        webhook.Description = request.Description.Or(webhook.Description);
        if (request.IsEnabled is { IsGiven: true, Value: true }) webhook.Enable();
        else if (request.IsEnabled.IsGiven) webhook.Disable(WebhookDisabled.ByUser, now);
        if (db.Entry(webhook).State == EntityState.Modified)
        {
            webhook.UpdatedAt = now;
            wanted.WillChange(db.UnitOfWork, webhook.CompanyId);
            await db.SaveChangesAsync(cancellationToken);
        }
        return TypedResults.Ok(WebhookResponse.From(webhook));
    }
}
