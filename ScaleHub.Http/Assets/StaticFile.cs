using System.IO.Compression;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;

namespace ScaleHub.Http.Assets;

/// <summary>
/// A file in memory, in every coding that a client may accept (RFC 9110, 12.5.3): packed once, when the program starts, as well
/// as can be. Each coding has an <c>ETag</c> of its own, as a strong one must (RFC 9110, 8.8.3).
/// </summary>
public sealed class StaticFile
{
    private readonly string _contentType, _cacheControl;
    private readonly byte[] _plain;
    private readonly byte[]? _brotli, _gzip;

    public StaticFile(byte[] content, string contentType, string cacheControl)
    {
        (_plain, _contentType, _cacheControl) = (content, contentType, cacheControl);
        Hash = Convert.ToHexStringLower(SHA256.HashData(content))[..16];
        // PNG and WebP are packed already.
        if (!contentType.StartsWith("text/", StringComparison.Ordinal) && contentType != "image/svg+xml") return;
        _brotli = Pack(content, packed => new BrotliStream(packed, CompressionLevel.SmallestSize));
        _gzip = Pack(content, packed => new GZipStream(packed, CompressionLevel.SmallestSize));
    }

    /// <summary>The first 64 bits of the content's SHA-256.</summary>
    public string Hash { get; }

    /// <summary>The file as the client wants it, or 304 if it has it.</summary>
    public FileContentHttpResult Answer(HttpContext context)
    {
        var (body, coding) = Choose(context.Request);
        var headers = context.Response.Headers;
        headers.CacheControl = _cacheControl;
        if (_brotli is not null) headers.Vary = HeaderNames.AcceptEncoding;
        if (coding is not null) headers.ContentEncoding = coding;
        var tag = coding is null ? Hash : $"{Hash}-{coding}";
        return TypedResults.Bytes(body, _contentType, entityTag: new($"\"{tag}\""));
    }

    private (byte[] Body, string? Coding) Choose(HttpRequest request)
    {
        if (_brotli is null) return (_plain, null);
        var accepted = request.GetTypedHeaders().AcceptEncoding;
        if (Accepts("br")) return (_brotli, "br");
        return Accepts("gzip") ? (_gzip!, "gzip") : (_plain, null);

        bool Accepts(string coding) => (Named(coding) ?? Named("*")) is { Quality: not 0 };
        StringWithQualityHeaderValue? Named(string coding)
            => accepted.FirstOrDefault(a => a.Value.Equals(coding, StringComparison.OrdinalIgnoreCase));
    }

    private static byte[] Pack(byte[] content, Func<Stream, Stream> packer)
    {
        using var packed = new MemoryStream();
        using (var packing = packer(packed)) packing.Write(content);
        return packed.ToArray();
    }
}
