using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using ScaleHub.Core.Platform.Blobs;
using ScaleHub.Core.Platform.Secrets;

namespace ScaleHub.Modules.Files;

/// <summary>
/// Links to files, for whoever has them: company, file and end of validity, with a tag (HMAC-SHA256, cut to 128 bits) that only this
/// service can make. So a browser can follow one without an access token, and nobody else can make one up or make it last longer.
/// </summary>
public sealed class FileLinks(SecretBox secrets, TimeProvider time)
{
    /// <summary>So long a link works.</summary>
    public static readonly TimeSpan Validity = TimeSpan.FromMinutes(15);

    /// <summary>Where links lead to, without the token behind it.</summary>
    public const string Path = "/files/";

    private const int BodyLength = 40, TagLength = 16;
    private readonly byte[] _key = secrets.KeyFor("file-links");

    /// <summary>A link that works from now on for <see cref="Validity"/>.</summary>
    public FileLink To(Guid companyId, Guid id)
    {
        var expiresAt = DateTimeOffset.FromUnixTimeSeconds((time.GetUtcNow() + Validity).ToUnixTimeSeconds());
        Span<byte> token = stackalloc byte[BodyLength + TagLength];
        companyId.TryWriteBytes(token, bigEndian: true, out _);
        id.TryWriteBytes(token[16..], bigEndian: true, out _);
        BinaryPrimitives.WriteInt64BigEndian(token[32..], expiresAt.ToUnixTimeSeconds());
        Tag(token[..BodyLength]).CopyTo(token[BodyLength..]);
        return new(Path + Base64Url.EncodeToString(token), expiresAt);
    }

    /// <summary>The file of a token; null when this service did not make it, or when it has expired.</summary>
    public BlobKey? Read(string token)
    {
        if (!Base64Url.IsValid(token, out var length) || length != BodyLength + TagLength) return null;
        var bytes = Base64Url.DecodeFromChars(token).AsSpan();
        if (!CryptographicOperations.FixedTimeEquals(Tag(bytes[..BodyLength]), bytes[BodyLength..])) return null;
        return BinaryPrimitives.ReadInt64BigEndian(bytes[32..]) < time.GetUtcNow().ToUnixTimeSeconds()
            ? null
            : new(new(bytes[..16], bigEndian: true), new(bytes[16..32], bigEndian: true));
    }

    private ReadOnlySpan<byte> Tag(ReadOnlySpan<byte> body) => HMACSHA256.HashData(_key, body).AsSpan(0, TagLength);
}

/// <summary>A link to a file.</summary>
/// <param name="Url">Its path, to be appended to the address of the API.</param>
/// <param name="ExpiresAt">From then on it does not work.</param>
public sealed record FileLink(string Url, DateTimeOffset ExpiresAt);
