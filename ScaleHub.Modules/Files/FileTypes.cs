namespace ScaleHub.Modules.Files;

/// <summary>
/// The kinds of files that may be uploaded, told by how they begin (the formats' own specifications): what the sender says of a file
/// counts for nothing.
/// </summary>
public static class FileTypes
{
    /// <summary>So many bytes are enough to tell.</summary>
    public const int Prefix = 8;

    /// <summary>For messages.</summary>
    public const string Names = "PDF, PNG, JPEG or TIFF";

    /// <summary>The media type of a file that begins so; null: it is none of them.</summary>
    public static string? Detect(ReadOnlySpan<byte> start)
        => start.StartsWith("%PDF-"u8) ? "application/pdf"
            : start.StartsWith<byte>([0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A]) ? "image/png"
            : start.StartsWith<byte>([0xFF, 0xD8, 0xFF]) ? "image/jpeg"
            : start.StartsWith("II*\0"u8) || start.StartsWith("MM\0*"u8) ? "image/tiff"
            : null;
}
