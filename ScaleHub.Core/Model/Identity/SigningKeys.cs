using System.Security.Cryptography;
using System.Text.Json;
using Npgsql;
using ScaleHub.Core.Platform.Secrets;

namespace ScaleHub.Core.Model.Identity;

/// <summary>Makes signing keys, and gives their private half back.</summary>
public static class SigningKeys
{
    private const string Purpose = "signing-key";

    /// <summary>The private half.</summary>
    /// <exception cref="CryptographicException">It was sealed with another <c>ScaleHub:Secret</c>.</exception>
    public static ECDsa OpenPrivate(this SigningKey key, SecretBox secrets)
    {
        var ecdsa = ECDsa.Create();
        ecdsa.ImportPkcs8PrivateKey(secrets.Open(Purpose, key.PrivateKey), out _);
        return ecdsa;
    }

    /// <summary>
    /// Makes sure that the newest key can sign with the present secret; makes one otherwise. Runs as the schema's owner, under
    /// the migration's lock.
    /// </summary>
    public static async Task EnsureAsync(NpgsqlConnection connection, SecretBox secrets, CancellationToken cancellationToken)
    {
        await using var find = new NpgsqlCommand("select private_key from signing_keys order by created_at desc limit 1", connection);
        if (await find.ExecuteScalarAsync(cancellationToken) is byte[] box && Opens(box, secrets)) return;

        using var ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await using var insert = new NpgsqlCommand(
            "insert into signing_keys (kid, public_key, private_key) values ($1, $2, $3)", connection)
        {
            Parameters =
            {
                new() { Value = Thumbprint(ecdsa) },
                new() { Value = ecdsa.ExportSubjectPublicKeyInfo() },
                new() { Value = secrets.Seal(Purpose, ecdsa.ExportPkcs8PrivateKey()) },
            },
        };
        await insert.ExecuteNonQueryAsync(cancellationToken);
    }

    private static bool Opens(byte[] box, SecretBox secrets)
    {
        try
        {
            secrets.Open(Purpose, box);
            return true;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    /// <summary>The JWK thumbprint (RFC 7638) names the key.</summary>
    private static string Thumbprint(ECDsa ecdsa)
    {
        var q = ecdsa.ExportParameters(includePrivateParameters: false).Q;
        var canonical = JsonSerializer.SerializeToUtf8Bytes(new { crv = "P-256", kty = "EC", x = Base64(q.X!), y = Base64(q.Y!) });
        return Base64(SHA256.HashData(canonical));
    }

    private static string Base64(byte[] bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);
}
