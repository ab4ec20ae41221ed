using System.Security.Cryptography;
using System.Text;
using ScaleHub.Core.Platform.Secrets;

namespace ScaleHub.Modules.Webhooks;

/// <summary>
/// The secrets of webhooks and what they sign, as Standard Webhooks 1.0.0 has it: HMAC-SHA256 over <c>id.timestamp.body</c>, and
/// <c>whsec_</c> with the secret in base64 for the receiver. A secret has 256 random bits, is shown once, and is sealed at rest.
/// </summary>
public sealed class WebhookSecrets(SecretBox box)
{
    private const string Purpose = "webhook-secret", Prefix = "whsec_";
    private const int Bytes = 32;

    /// <summary>A new secret: for the receiver, and for the database.</summary>
    public (string Text, byte[] Sealed) Create()
    {
        var secret = RandomNumberGenerator.GetBytes(Bytes);
        return (Prefix + Convert.ToBase64String(secret), box.Seal(Purpose, secret));
    }

    /// <summary>The header <c>webhook-signature</c>: one signature for each secret that is valid, the newest first.</summary>
    /// <exception cref="CryptographicException">The secret was sealed with another <c>ScaleHub:Secret</c>.</exception>
    public string Sign(Webhook webhook, string eventId, long timestamp, string body, DateTimeOffset now)
    {
        var content = Encoding.UTF8.GetBytes($"{eventId}.{timestamp}.{body}");
        var signature = Sign(webhook.Secret, content);
        if (webhook.OldSecret is not { } old || webhook.OldSecretEnds <= now) return signature;
        try
        {
            return $"{signature} {Sign(old, content)}";
        }
        catch (CryptographicException)
        {
            // It was rotated because nobody can read the one before.
            return signature;
        }
    }

    private string Sign(byte[] secret, byte[] content)
        => "v1," + Convert.ToBase64String(HMACSHA256.HashData(box.Open(Purpose, secret), content));
}
