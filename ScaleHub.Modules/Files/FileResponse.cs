namespace ScaleHub.Modules.Files;

/// <summary>A file as clients see it.</summary>
/// <param name="Id">UUIDv7.</param>
/// <param name="Name">What it is called when it is downloaded.</param>
/// <param name="ContentType">The media type of its content.</param>
/// <param name="SizeBytes">Bytes.</param>
/// <param name="Sha256">Of the content, 64 hexadecimal digits.</param>
/// <param name="CreatedAt">When it was begun.</param>
/// <param name="ExpiresAt">When it is deleted; null: it is attached to something, and kept.</param>
/// <param name="Link">Where the content is, for whoever has the link, until it expires.</param>
public sealed record FileResponse(
    Guid Id, string Name, string ContentType, long SizeBytes, string Sha256, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt,
    FileLink Link)
{
    /// <summary>Of a file whose content is there.</summary>
    public static FileResponse From(StoredFile file, FileLinks links)
        => new(file.Id, file.Name, file.ContentType, file.SizeBytes!.Value, Convert.ToHexStringLower(file.Sha256!), file.CreatedAt,
            file.ExpiresAt, links.To(file.CompanyId, file.Id));
}
