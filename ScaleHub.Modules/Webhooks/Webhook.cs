using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using ScaleHub.Core.Platform.Auditing;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;

namespace ScaleHub.Modules.Webhooks;

/// <summary>A server that a company wants to be told of its events.</summary>
public sealed class Webhook : ITenantEntity
{
    /// <summary>Most of a company: each event is sent to all of them.</summary>
    public const int MostPerCompany = 10;

    /// <summary>After so many events in a row that were given up it is switched off.</summary>
    public const int MaxGivenUpInARow = 20;

    /// <summary>How long the secret before goes on signing.</summary>
    public static readonly TimeSpan SecretOverlap = TimeSpan.FromHours(24);

    /// <inheritdoc/>
    public required Guid CompanyId { get; init; }

    /// <summary>UUIDv7.</summary>
    public required Guid Id { get; init; }

    /// <summary>Where events are sent, at most 2,000 characters.</summary>
    public required string Url { get; set; }

    /// <summary>What it is for, at most 200 characters.</summary>
    public string? Description { get; set; }

    /// <summary>Names of kinds of events.</summary>
    public required List<string> Events { get; set; }

    /// <summary>As <see cref="WebhookSecrets"/> sealed it.</summary>
    [Secret]
    public required byte[] Secret { get; set; }

    /// <summary>The one before, which signs as well until <see cref="OldSecretEnds"/>.</summary>
    [Secret]
    public byte[]? OldSecret { get; set; }

    /// <summary>Until when.</summary>
    [NotAudited("It is a day after the secret was changed, which is told.")]
    public DateTimeOffset? OldSecretEnds { get; set; }

    /// <summary>Why it is not called; null: it is.</summary>
    public WebhookDisabled? Disabled { get; set; }

    /// <summary>Since when.</summary>
    public DateTimeOffset? DisabledAt { get; set; }

    /// <summary>Events in a row that were given up.</summary>
    [NotAudited("The log of deliveries tells of each.")]
    public int GivenUp { get; set; }

    /// <summary>It did not answer, and is left alone until then.</summary>
    [NotAudited("The log of deliveries tells why.")]
    public DateTimeOffset? PausedUntil { get; set; }

    /// <summary>When it was added.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was last changed by somebody.</summary>
    public required DateTimeOffset UpdatedAt { get; set; }

    /// <summary>Switches it on, as if it had never failed.</summary>
    internal void Enable() => (Disabled, DisabledAt, GivenUp, PausedUntil) = (null, null, 0, null);

    /// <summary>Switches it off. The first reason stays.</summary>
    internal void Disable(WebhookDisabled why, DateTimeOffset now)
    {
        if (Disabled is null) (Disabled, DisabledAt) = (why, now);
    }
}

/// <summary>Why a webhook is not called.</summary>
public enum WebhookDisabled
{
    /// <summary>Somebody switched it off.</summary>
    ByUser,

    /// <summary>The server said that nobody is there any more (410 Gone).</summary>
    Gone,

    /// <summary>Too many events in a row could not be delivered.</summary>
    Failing,
}

internal sealed class WebhookMapping : IEntityTypeConfiguration<Webhook>
{
    public void Configure(EntityTypeBuilder<Webhook> builder) => builder.ToTable("webhooks").HasKey(w => new { w.CompanyId, w.Id });
}

/// <summary>The module's tables.</summary>
public static class WebhooksTables
{
    extension(ScaleHubDb db)
    {
        /// <summary>The tenant's webhooks.</summary>
        public DbSet<Webhook> Webhooks => db.Set<Webhook>();

        /// <summary>What was sent to the tenant's webhooks.</summary>
        public DbSet<WebhookDelivery> WebhookDeliveries => db.Set<WebhookDelivery>();

        /// <summary>A webhook, which nobody else changes or deletes until the transaction ends; null when there is none.</summary>
        internal Task<Webhook?> LockWebhookAsync(Guid id, CancellationToken cancellationToken)
            => db.Webhooks.FromSql($"select * from webhooks where id = {id} for no key update")
                .SingleOrDefaultAsync(cancellationToken);
    }

    extension(ReadDb db)
    {
        /// <summary>The tenant's webhooks.</summary>
        public IQueryable<Webhook> Webhooks => db.Set<Webhook>();

        /// <summary>What was sent to the tenant's webhooks.</summary>
        public IQueryable<WebhookDelivery> WebhookDeliveries => db.Set<WebhookDelivery>();
    }
}
