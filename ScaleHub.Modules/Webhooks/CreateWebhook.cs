using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http;
using ScaleHub.Http.Errors;
using ScaleHub.Http.Input;

namespace ScaleHub.Modules.Webhooks;

/// <summary>Body of <c>POST /api/v1/webhooks</c>.</summary>
/// <param name="Url">Where events are sent: https, at most 2,000 characters.</param>
/// <param name="Events">1 to 100 kinds of events, as <c>GET /api/v1/webhooks/events</c> lists them.</param>
/// <param name="Description">What it is for, at most 200 characters.</param>
[BodyExample("""{ "url": "https://hooks.example.com/scalehub", "events": ["task.created", "task.updated"] }""")]
public sealed record CreateWebhookRequest(
    [property: Required] string Url,
    [property: Required] IReadOnlyList<string> Events,
    [property: Text(200)] string? Description = null) : IValidatableObject
{
    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
        => [.. WebhookRules.CheckUrl(Url, nameof(Url), validationContext),
            .. WebhookRules.CheckEvents(Events, nameof(Events), validationContext)];
}

/// <summary>A new webhook, or a new secret of one.</summary>
/// <param name="Webhook">The webhook.</param>
/// <param name="Secret">What its calls are signed with: <c>whsec_…</c>. It is not shown again.</param>
public sealed record WebhookSecretResponse(WebhookResponse Webhook, string Secret);

/// <summary><c>POST /api/v1/webhooks</c>: the company wants to hear of its events.</summary>
public static class CreateWebhook
{
    /// <summary>
    /// Adds a webhook, ten for a company at most. The answer is the only place where its secret can be seen, so no repetition of
    /// the request gets it again: it adds another webhook.
    /// </summary>
    public static async Task<Results<Created<WebhookSecretResponse>, ProblemHttpResult>> HandleAsync(
        CreateWebhookRequest request, ScaleHubDb db, Tenant tenant, WebhookSecrets secrets, WantedEvents wanted, TimeProvider time,
        CancellationToken cancellationToken)
    {
        var (company, now) = (tenant.RequiredCompanyId, time.GetDatabaseNow());
        // Locks the company, so that concurrent requests cannot exceed the maximum.
        await db.Database.ExecuteSqlAsync($"select from companies where id = {company} for no key update", cancellationToken);
        if (await db.Webhooks.CountAsync(cancellationToken) >= Webhook.MostPerCompany)
            return Problems.Conflict("url", $"The company has {Webhook.MostPerCompany} webhooks. Delete those that nobody uses.");
        var (text, secret) = secrets.Create();
        var webhook = new Webhook
        {
            CompanyId = company,
            Id = Guid.CreateVersion7(now),
            Url = request.Url,
            Description = request.Description,
            Events = [.. request.Events],
            Secret = secret,
            CreatedAt = now,
            UpdatedAt = now,
        };
        db.Webhooks.Add(webhook);
        wanted.WillChange(db.UnitOfWork, company);
        await db.SaveChangesAsync(cancellationToken);
        return TypedResults.Created(
            $"/api/v1/webhooks/{webhook.Id}", new WebhookSecretResponse(WebhookResponse.From(webhook), text));
    }
}
