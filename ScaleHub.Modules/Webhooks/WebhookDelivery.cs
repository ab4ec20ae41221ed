using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using ScaleHub.Core.Platform.Auditing;
using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;

namespace ScaleHub.Modules.Webhooks;

/// <summary>An event on its way to a webhook. Kept for 30 days.</summary>
[NotAudited("It is a log itself, and a job writes it.")]
public sealed class WebhookDelivery : ITenantEntity
{
    /// <inheritdoc/>
    public required Guid CompanyId { get; init; }

    /// <summary>UUIDv7.</summary>
    public required Guid Id { get; init; }

    /// <summary>To whom.</summary>
    public required Guid WebhookId { get; init; }

    /// <summary>What the receiver knows the event by: the header <c>webhook-id</c>, the same when it is delivered
    /// again.</summary>
    public required Guid EventId { get; init; }

    /// <summary>The name of the event's kind.</summary>
    public required string EventType { get; init; }

    /// <summary>The thing that the event happened to.</summary>
    public required Guid SubjectId { get; init; }

    /// <summary>What is sent, byte by byte.</summary>
    public required string Body { get; init; }

    /// <summary>How far it is.</summary>
    public DeliveryState State { get; init; }

    /// <summary>How often it was tried.</summary>
    public int Attempts { get; init; }

    /// <summary>The status of the last answer.</summary>
    public int? ResponseStatus { get; init; }

    /// <summary>The first 1,000 characters of the last answer.</summary>
    public string? Response { get; init; }

    /// <summary>Why the last attempt failed, at most 500 characters.</summary>
    public string? Error { get; init; }

    /// <summary>How many milliseconds the last attempt took.</summary>
    public int? DurationMs { get; init; }

    /// <summary>When the last attempt began.</summary>
    public DateTimeOffset? AttemptedAt { get; init; }

    /// <summary>When it was added.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>
    /// Adds a delivery and its job with the next <c>SaveChanges</c>. Those of one subject to one webhook run in their order, also
    /// while the first of them is tried again.
    /// </summary>
    /// <returns>The job.</returns>
    internal static Guid Add(
        ScaleHubDb db, JobQueue queue, Guid webhook, DateTimeOffset now, Guid eventId, string type, Guid subject, string body)
    {
        var delivery = new WebhookDelivery
        {
            CompanyId = db.Tenant.RequiredCompanyId,
            Id = Guid.CreateVersion7(now),
            WebhookId = webhook,
            EventId = eventId,
            EventType = type,
            SubjectId = subject,
            Body = body,
            CreatedAt = now,
        };
        db.WebhookDeliveries.Add(delivery);
        return queue.Add(new DeliverWebhook(delivery.Id), new() { OrderingKey = $"webhook {webhook} {subject}" });
    }
}

/// <summary>How far a delivery is.</summary>
public enum DeliveryState
{
    /// <summary>It is to be tried, or tried again.</summary>
    Pending,

    /// <summary>The receiver has it: it answered with a status from 200 to 299.</summary>
    Delivered,

    /// <summary>It was given up.</summary>
    Failed,
}

internal sealed class WebhookDeliveryMapping : IEntityTypeConfiguration<WebhookDelivery>
{
    public void Configure(EntityTypeBuilder<WebhookDelivery> builder)
        => builder.ToTable("webhook_deliveries").HasKey(d => new { d.CompanyId, d.Id });
}

/// <summary>A delivery in the log.</summary>
/// <param name="Id">UUIDv7.</param>
/// <param name="EventId">The header <c>webhook-id</c>.</param>
/// <param name="EventType">The name of the event's kind.</param>
/// <param name="SubjectId">The thing that the event happened to.</param>
/// <param name="State">How far it is.</param>
/// <param name="Attempts">How often it was tried.</param>
/// <param name="ResponseStatus">The status of the last answer; null: there was none.</param>
/// <param name="Response">The first 1,000 characters of the last answer.</param>
/// <param name="Error">Why the last attempt failed.</param>
/// <param name="DurationMs">How many milliseconds the last attempt took.</param>
/// <param name="AttemptedAt">When the last attempt began.</param>
/// <param name="CreatedAt">When it was added.</param>
public sealed record DeliveryResponse(
    Guid Id, Guid EventId, string EventType, Guid SubjectId, DeliveryState State, int Attempts, int? ResponseStatus,
    string? Response, string? Error, int? DurationMs, DateTimeOffset? AttemptedAt, DateTimeOffset CreatedAt)
{
    internal static readonly Expression<Func<WebhookDelivery, DeliveryResponse>> Projection = d => new(
        d.Id, d.EventId, d.EventType, d.SubjectId, d.State, d.Attempts, d.ResponseStatus, d.Response, d.Error, d.DurationMs,
        d.AttemptedAt, d.CreatedAt);
}
