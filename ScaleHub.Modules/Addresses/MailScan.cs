using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Modules.Files;

namespace ScaleHub.Modules.Addresses;

/// <summary>A file with what is in a mail item, or a part of it.</summary>
public sealed class MailScan : ITenantEntity
{
    /// <summary>Most files of a mail item.</summary>
    public const int MaxPerItem = 20;

    /// <inheritdoc/>
    public required Guid CompanyId { get; init; }

    /// <summary>The file's: sorts by time of upload.</summary>
    public required Guid Id { get; init; }

    /// <summary>The mail item.</summary>
    public required Guid MailItemId { get; init; }

    /// <summary>When it was added.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The file, where it is loaded.</summary>
    public StoredFile File { get; init; } = null!;
}

internal sealed class MailScanMapping : IEntityTypeConfiguration<MailScan>
{
    public void Configure(EntityTypeBuilder<MailScan> builder)
    {
        builder.ToTable("mail_scans").HasKey(s => new { s.CompanyId, s.Id });
        builder.HasOne(s => s.File).WithOne().HasForeignKey<MailScan>(s => new { s.CompanyId, s.Id });
        builder.HasOne<MailItem>().WithMany().HasForeignKey(s => new { s.CompanyId, s.MailItemId });
    }
}
