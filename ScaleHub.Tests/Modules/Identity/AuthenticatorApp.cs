using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using ScaleHub.Testing;

namespace ScaleHub.Tests.Modules.Identity;

/// <summary>A phone with an app for codes, written after RFC 6238 and RFC 4226 and sharing no code with the program.</summary>
internal sealed class AuthenticatorApp(string base32)
{
    private readonly byte[] _secret = Decode(base32);

    /// <summary>The code of now, or of so many times 30 seconds later.</summary>
    public string Code(int later = 0) => At((DateTimeOffset.UtcNow.ToUnixTimeSeconds() / 30) + later);

    /// <summary>A code that is none of those around now.</summary>
    public string Wrong()
    {
        string[] right = [.. Enumerable.Range(-3, 7).Select(Code)];
        return Enumerable.Range(0, 10).Select(i => i.ToString("D6", CultureInfo.InvariantCulture)).First(c => !right.Contains(c));
    }

    private string At(long step)
    {
        var counter = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(counter, step);
#pragma warning disable CA5350 // What apps do.
        var hash = HMACSHA1.HashData(_secret, counter);
#pragma warning restore CA5350
        var number = BinaryPrimitives.ReadInt32BigEndian(hash.AsSpan(hash[^1] & 0xF)) & 0x7FFFFFFF;
        return (number % 1_000_000).ToString("D6", CultureInfo.InvariantCulture);
    }

    // RFC 4648, 6.
    private static byte[] Decode(string text)
    {
        var (bytes, buffer, bits) = (new List<byte>(), 0, 0);
        foreach (var c in text.TrimEnd('='))
        {
            buffer = ((buffer << 5) | "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".IndexOf(c, StringComparison.Ordinal)) & 0xFFFFF;
            bits += 5;
            if (bits < 8) continue;
            bits -= 8;
            bytes.Add((byte)(buffer >> bits));
        }
        return [.. bytes];
    }

    /// <summary>Switches the second factor of an account on; its app, and its recovery codes.</summary>
    public static async Task<(AuthenticatorApp App, string[] Recovery)> SetUpAsync(HttpClient client)
    {
        var begun = await (await client.PostJsonAsync("/api/v1/me/totp", new { password = Account.Password }))
            .JsonAsync(HttpStatusCode.OK);
        var app = new AuthenticatorApp(begun.GetProperty("secret").GetString()!);
        var on = await (await client.PostJsonAsync("/api/v1/me/totp/confirm", new { code = app.Code() }))
            .JsonAsync(HttpStatusCode.OK);
        return (app, [.. on.GetProperty("recoveryCodes").EnumerateArray().Select(c => c.GetString()!)]);
    }
}
