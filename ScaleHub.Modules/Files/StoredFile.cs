using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using ScaleHub.Core.Platform.Auditing;
using ScaleHub.Core.Platform.Blobs;
using ScaleHub.Core.Platform.Tenancy;

namespace ScaleHub.Modules.Files;

/// <summary>A file: its content is in the blob store, and never changes.</summary>
[AuditedAs("file")]
public sealed class StoredFile : ITenantEntity
{
    /// <inheritdoc/>
    public required Guid CompanyId { get; init; }

    /// <summary>UUIDv7.</summary>
    public required Guid Id { get; init; }

    /// <summary>What it is called when it is downloaded, 1 to 200 characters.</summary>
    public required string Name { get; init; }

    /// <summary>The media type, of the content that there is and not of what the sender says.</summary>
    public required string ContentType { get; init; }

    /// <summary>Bytes; null until the content is there.</summary>
    public long? SizeBytes { get; set; }

    /// <summary>Of the content; null until it is there.</summary>
    [NotAudited("It follows from the content, which never changes.")]
    public byte[]? Sha256 { get; set; }

    /// <summary>From then on it cannot be read, and is deleted soon. Null: it is kept.</summary>
    [NotAudited("It follows from what the file is attached to, which has an entry.")]
    public DateTimeOffset? ExpiresAt { get; set; }

    /// <summary>Who uploaded it, or asked for it; null for the platform.</summary>
    public Guid? CreatedBy { get; init; }

    /// <summary>Whether a person has sent it, so that it can be attached to something; else a job has made it.</summary>
    public required bool IsUpload { get; init; }

    /// <summary>When it was begun.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    internal BlobKey Blob => new(CompanyId, Id);
}

internal sealed class StoredFileMapping : IEntityTypeConfiguration<StoredFile>
{
    public void Configure(EntityTypeBuilder<StoredFile> builder)
    {
        builder.ToTable("files").HasKey(f => new { f.CompanyId, f.Id });
        builder.Ignore(f => f.Blob);
    }
}
