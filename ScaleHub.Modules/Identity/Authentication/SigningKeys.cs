using System.Security.Cryptography;
using System.Text.Json;
using Npgsql;
using ScaleHub.Core.Platform.Secrets;

namespace ScaleHub.Modules.Identity.Authentication;

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

    /// <summary>How old the newest key is when <c>migrate</c> makes the next.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromDays(90);

    /// <summary>
    /// Makes sure that the newest key can sign with the present secret and is not older than <see cref="MaxAge"/>; makes one
    /// otherwise. Runs as the schema's owner, under the migration's lock.
    /// </summary>
    public static async Task EnsureAsync(NpgsqlConnection connection, SecretBox secrets, CancellationToken cancellationToken)
    {
        await using var find = new NpgsqlCommand("""
            select private_key from signing_keys where created_at > now() - $1 order by created_at desc limit 1
            """, connection)
        {
            Parameters = { new() { Value = MaxAge } },
        };
        if (await find.ExecuteScalarAsync(cancellationToken) is byte[] box && Opens(box, secrets)) return;
        await RotateAsync(connection, secrets, revoke: false, cancellationToken);
    }

    /// <summary>
    /// Makes a new key; it signs when every instance has had time to learn it. Keys whose last token has long expired are
    /// deleted. Runs as the schema's owner.
    /// </summary>
    /// <param name="connection">The owner's.</param>
    /// <param name="secrets">Seal the private half.</param>
    /// <param name="revoke">Deletes all earlier keys, and with them every access token: for when a key got into wrong
    /// hands.</param>
    /// <param name="cancellationToken">Leaves things as they were.</param>
    /// <returns>The name of the new key.</returns>
    public static async Task<string> RotateAsync(
        NpgsqlConnection connection, SecretBox secrets, bool revoke, CancellationToken cancellationToken)
    {
        using var ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var kid = Thumbprint(ecdsa);
        // Not audited, as the class says. One statement. Unless it revokes all, it deletes keys that were replaced at least two
        // days ago. A replaced key signs for ten minutes more at most, and its tokens are valid for a day at most.
        await using var insert = new NpgsqlCommand("""
            with gone as (
                delete from signing_keys where $4 or created_at <
                    (select max(created_at) from signing_keys where created_at < now() - interval '2 days'))
            insert into signing_keys (kid, public_key, private_key) values ($1, $2, $3)
            """, connection)
        {
            Parameters =
            {
                new() { Value = kid },
                new() { Value = ecdsa.ExportSubjectPublicKeyInfo() },
                new() { Value = secrets.Seal(Purpose, ecdsa.ExportPkcs8PrivateKey()) },
                new() { Value = revoke },
            },
        };
        await insert.ExecuteNonQueryAsync(cancellationToken);
        return kid;
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
