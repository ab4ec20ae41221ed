using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.IdentityModel.Tokens;
using ScaleHub.Modules.Identity.Authentication;

namespace ScaleHub.Modules.Identity;

/// <summary>A JSON Web Key Set (RFC 7517).</summary>
/// <param name="Keys">Verify a token with the one that its <c>kid</c> names.</param>
public sealed record PublishKeysResponse(IReadOnlyList<PublishedKey> Keys);

/// <summary>A public key (RFC 7518, 6.2).</summary>
public sealed record PublishedKey(string Kty, string Crv, string X, string Y, string Kid, string Use, string Alg);

/// <summary>
/// <c>GET /.well-known/jwks.json</c>: the keys that access tokens are verified with. May be kept for five minutes: a new key is
/// here twice as long before it signs.
/// </summary>
public static class PublishKeys
{
    /// <summary>Publishes the keys that verify access tokens.</summary>
    public static async Task<Ok<PublishKeysResponse>> HandleAsync(SigningKeyRing keys, HttpContext http,
        CancellationToken cancellationToken)
    {
        var published = await keys.PublishedAsync(cancellationToken);
        http.Response.Headers.CacheControl = "public, max-age=300";
        return TypedResults.Ok(new PublishKeysResponse([.. published.Select(Describe)]));
    }

    private static PublishedKey Describe(ECDsaSecurityKey key)
    {
        var web = JsonWebKeyConverter.ConvertFromECDsaSecurityKey(key);
        return new(web.Kty, web.Crv, web.X, web.Y, web.Kid, JsonWebKeyUseNames.Sig, SecurityAlgorithms.EcdsaSha256);
    }
}
