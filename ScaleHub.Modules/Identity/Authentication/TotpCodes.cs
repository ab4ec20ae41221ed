using System.Security.Cryptography;
using System.Text;
using OtpNet;
using ScaleHub.Core.Platform.Secrets;

namespace ScaleHub.Modules.Identity.Authentication;

/// <summary>
/// Codes of authenticator apps (TOTP, RFC 6238: 30 seconds, 6 digits, SHA-1, as the apps expect), by Otp.NET, and recovery codes.
/// <para>Guarantee: a code is taken for its 30 seconds and those before and after, since clocks differ, and once: of the row
/// that the caller has locked, the last step only grows. A recovery code has 80 random bits and works once.</para>
/// </summary>
public sealed class TotpCodes(SecretBox box, TimeProvider time)
{
    /// <summary>Recovery codes of a user.</summary>
    public const int RecoveryCodes = 10;

    internal const string Purpose = "totp-secret";
    private const string Issuer = "ScaleHub";
    private const int SecretBytes = 20, RecoveryBytes = 10;

    // Recovery codes are hashed with a key: somebody who stole the database could find 80 bits from a plain hash one day.
    private readonly byte[] _recoveryKey = box.KeyFor("totp-recovery");

    /// <summary>A new secret: for the app in base32, and for the database. 160 bits (RFC 4226, 4).</summary>
    public (string Text, byte[] Sealed) CreateSecret()
    {
        var secret = RandomNumberGenerator.GetBytes(SecretBytes);
        return (Base32Encoding.ToString(secret), box.Seal(Purpose, secret));
    }

    /// <summary>What an app reads from a QR code (the Key URI Format of Google Authenticator).</summary>
    public static string Uri(string email, string secret)
        => $"otpauth://totp/{Issuer}:{System.Uri.EscapeDataString(email)}"
            + $"?secret={secret}&issuer={Issuer}&algorithm=SHA1&digits=6&period=30";

    /// <summary>New recovery codes: for the user, and for the database.</summary>
    public (IReadOnlyList<string> Codes, List<byte[]> Hashes) CreateRecoveryCodes()
    {
        string[] codes = [.. Enumerable.Range(0, RecoveryCodes)
            .Select(_ => Grouped(Base32Encoding.ToString(RandomNumberGenerator.GetBytes(RecoveryBytes))))];
        return (codes, [.. codes.Select(c => Hash(c, _recoveryKey))]);
    }

    /// <summary>
    /// Takes a code of the app, or a recovery code: if it is right, it is used up. The row must be locked, and the caller saves
    /// it.
    /// </summary>
    public bool Take(UserTotp totp, string? code, string? recoveryCode)
        => code is not null ? TakeCode(totp, code) : recoveryCode is not null && TakeRecoveryCode(totp, recoveryCode);

    private bool TakeCode(UserTotp totp, string code)
    {
        byte[] secret;
        try
        {
            secret = box.Open(Purpose, totp.Secret);
        }
        catch (CryptographicException)
        {
            // ScaleHub:Secret is another by now: no code is right any more (docs/identity.md).
            return false;
        }
        var app = new Totp(secret);
        if (!app.VerifyTotp(time.GetUtcNow().UtcDateTime, code, out var step, new VerificationWindow(previous: 1, future: 1))
            || step <= totp.LastStep) return false;
        totp.LastStep = step;
        return true;
    }

    private bool TakeRecoveryCode(UserTotp totp, string code)
    {
        var hash = Hash(code, _recoveryKey);
        var left = totp.RecoveryCodes.Where(c => !CryptographicOperations.FixedTimeEquals(c, hash)).ToList();
        if (left.Count == totp.RecoveryCodes.Count) return false;
        totp.RecoveryCodes = left;
        return true;
    }

    // As people read codes out: in any case, with or without the dashes.
    private static byte[] Hash(string code, byte[] key)
        => HMACSHA256.HashData(
            key, Encoding.UTF8.GetBytes(string.Concat(code.Where(char.IsAsciiLetterOrDigit)).ToUpperInvariant()));

    private static string Grouped(string code) => string.Join('-', code.Chunk(4).Select(c => new string(c)));
}
