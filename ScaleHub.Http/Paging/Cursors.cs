using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using ScaleHub.Core.Platform.Secrets;
using ScaleHub.Http.Errors;

namespace ScaleHub.Http.Paging;

/// <summary>
/// Signs the place where a page ended. A cursor is the last row's key and an HMAC-SHA256 (cut to 128 bits, RFC 2104 section 5)
/// over the key together with company, route, filter and order: it works for exactly the list that it came from.
/// </summary>
public sealed class Cursors(SecretBox secrets)
{
    private const int KeyLength = 16, MacLength = 16;
    private readonly byte[] _key = secrets.KeyFor("cursor");

    /// <summary>A cursor after the row <paramref name="last"/> of the list <paramref name="list"/>.</summary>
    public string Write(string list, Guid last)
    {
        Span<byte> bytes = stackalloc byte[KeyLength + MacLength];
        last.TryWriteBytes(bytes, bigEndian: true, out _);
        Sign(list, bytes[..KeyLength], bytes[KeyLength..]);
        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>The row that a cursor stands after.</summary>
    /// <exception cref="BadRequestException">400: it was changed, or belongs to another list.</exception>
    public Guid Read(string list, string cursor)
    {
        Span<byte> bytes = stackalloc byte[KeyLength + MacLength], mac = stackalloc byte[MacLength];
        if (Base64Url.IsValid(cursor, out var length) && length == bytes.Length)
        {
            Base64Url.DecodeFromChars(cursor, bytes);
            Sign(list, bytes[..KeyLength], mac);
            // Compared as text too: base64url has spare bits in its last character, and one cursor must have one spelling.
            if (CryptographicOperations.FixedTimeEquals(mac, bytes[KeyLength..]) && Base64Url.EncodeToString(bytes) == cursor)
                return new(bytes[..KeyLength], bigEndian: true);
        }
        throw new BadRequestException("The cursor does not belong to this list. Start again without it.");
    }

    private void Sign(string list, ReadOnlySpan<byte> key, Span<byte> mac)
    {
        Span<byte> full = stackalloc byte[HMACSHA256.HashSizeInBytes];
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _key);
        hmac.AppendData(key);
        hmac.AppendData(Encoding.UTF8.GetBytes(list));
        hmac.GetHashAndReset(full);
        full[..MacLength].CopyTo(mac);
    }
}
