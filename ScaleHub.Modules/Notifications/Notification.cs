using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using ScaleHub.Core.Platform.Auditing;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Modules.Identity;

namespace ScaleHub.Modules.Notifications;

/// <summary>What a notification is about, and so what a user may have by mail or not.</summary>
public enum NotificationKind
{
    /// <summary>Somebody gave the user a task.</summary>
    TaskAssigned,

    /// <summary>A task of the user is due.</summary>
    TaskDue,

    /// <summary>An invoice of the company is not paid.</summary>
    Billing,

    /// <summary>Mail came to a virtual address of the user.</summary>
    MailReceived,

    /// <summary>A webhook of the company was switched off, since its server does not take events any more.</summary>
    WebhookFailing,
}

/// <summary>Something that a user should know.</summary>
[NotAudited("A job makes it, and only its reader changes it, by reading.")]
public sealed class Notification : ITenantEntity
{
    /// <inheritdoc/>
    public required Guid CompanyId { get; init; }

    /// <summary>UUIDv7.</summary>
    public required Guid Id { get; init; }

    /// <summary>Who should know it.</summary>
    public required Guid UserId { get; init; }

    /// <summary>What it is about.</summary>
    public required NotificationKind Kind { get; init; }

    /// <summary>1 to 200 characters.</summary>
    public required string Title { get; init; }

    /// <summary>At most 10,000 characters.</summary>
    public string? Body { get; init; }

    /// <summary>The task, invoice, mail item, webhook or other thing it is about.</summary>
    public Guid? SubjectId { get; init; }

    /// <summary>When the user read it.</summary>
    public DateTimeOffset? ReadAt { get; set; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }
}

/// <summary>Whether a user wants a kind of notification by mail as well.</summary>
public sealed class NotificationPreference : ITenantEntity
{
    /// <inheritdoc/>
    public required Guid CompanyId { get; init; }

    /// <summary>Whose wish it is.</summary>
    public required Guid UserId { get; init; }

    /// <summary>About what.</summary>
    public required NotificationKind Kind { get; init; }

    /// <summary>Whether it is sent by mail.</summary>
    public required bool ByMail { get; set; }
}

internal sealed class NotificationMapping : IEntityTypeConfiguration<Notification>
{
    public void Configure(EntityTypeBuilder<Notification> builder)
    {
        builder.ToTable("notifications").HasKey(n => new { n.CompanyId, n.Id });
        builder.HasOne<User>().WithMany().HasForeignKey(n => new { n.CompanyId, n.UserId });
    }
}

internal sealed class NotificationPreferenceMapping : IEntityTypeConfiguration<NotificationPreference>
{
    public void Configure(EntityTypeBuilder<NotificationPreference> builder)
    {
        builder.ToTable("notification_preferences").HasKey(p => new { p.CompanyId, p.UserId, p.Kind });
        builder.HasOne<User>().WithMany().HasForeignKey(p => new { p.CompanyId, p.UserId });
    }
}
