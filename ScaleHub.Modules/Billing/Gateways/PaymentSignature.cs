using System.Globalization;
using System.Security.Cryptography;

namespace ScaleHub.Modules.Billing.Gateways;

/// <summary>
/// The signature of a call-back, as Stripe has it (docs.stripe.com/webhooks, "Verify manually"): <c>t=SECONDS,v1=HEX</c>, an
/// HMAC-SHA256 of the seconds, a dot and the body.
/// </summary>
internal static class PaymentSignature
{
    /// <summary>The header that has it.</summary>
    public const string Header = "Payment-Signature";

    // So old may a signature be, as with Stripe: the clocks differ, and who recorded one cannot use it the day after.
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    /// <summary>Signs a body.</summary>
    public static string Sign(byte[] key, ReadOnlySpan<byte> body, DateTimeOffset now)
    {
        var seconds = now.ToUnixTimeSeconds();
        return string.Create(
            CultureInfo.InvariantCulture, $"t={seconds},v1={Convert.ToHexStringLower(Hash(key, seconds, body))}");
    }

    /// <summary>Whether the signature is of this body and of about now. Takes as long for a wrong one as for a right
    /// one.</summary>
    public static bool IsGenuine(byte[] key, ReadOnlySpan<byte> body, string? signature, DateTimeOffset now)
    {
        var parts = signature?.Split(',');
        if (parts is not [['t', '=', .. var time], ['v', '1', '=', .. var hex]] || hex.Length != 2 * SHA256.HashSizeInBytes
            || !long.TryParse(time, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            || Math.Abs(now.ToUnixTimeSeconds() - seconds) > Tolerance.TotalSeconds)
            return false;
        Span<byte> given = stackalloc byte[SHA256.HashSizeInBytes];
        return Convert.FromHexString(hex, given, out _, out _) == System.Buffers.OperationStatus.Done
            && CryptographicOperations.FixedTimeEquals(given, Hash(key, seconds, body));
    }

    private static byte[] Hash(byte[] key, long seconds, ReadOnlySpan<byte> body)
    {
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        hash.AppendData(System.Text.Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{seconds}.")));
        hash.AppendData(body);
        return hash.GetHashAndReset();
    }
}
