using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Options;

namespace ScaleHub.Api.Http.Authentication;

/// <summary>What an access token says of its bearer.</summary>
/// <param name="UserId"><c>sub</c></param>
/// <param name="CompanyId"><c>company</c></param>
/// <param name="SessionId"><c>sid</c></param>
/// <param name="Role"><c>role</c></param>
public sealed record AccessToken(Guid UserId, Guid CompanyId, Guid SessionId, string Role);

/// <summary>
/// Signs and verifies access tokens: JWTs (RFC 7519) with ES256 (RFC 7518, 3.4) and nothing else. The header's <c>alg</c> is
/// compared, never obeyed, which leaves no algorithm to confuse (RFC 8725, 3.1).
/// <para>Written here because no maintained JWT library is in every registry that this project builds from (docs/decisions/0002);
/// what remains of the format is three base64url parts and one signature check by .NET's <see cref="ECDsa"/>.</para>
/// </summary>
public sealed class AccessTokens(SigningKeyRing keys, IOptions<IdentityOptions> options, TimeProvider time)
{
    private const string Algorithm = "ES256", Type = "at+jwt";
    private const int MaxLength = 2048;
    private static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(5);
    private readonly IdentityOptions _options = options.Value;

    /// <summary>Seconds that a new token is valid.</summary>
    public int Seconds => _options.AccessTokenMinutes * 60;

    /// <summary>Makes a token that is valid from now on.</summary>
    public async ValueTask<string> IssueAsync(AccessToken token, CancellationToken cancellationToken)
    {
        var (kid, key) = await keys.NewestAsync(cancellationToken);
        var now = time.GetUtcNow().ToUnixTimeSeconds();
        var header = Encode(new Header(Algorithm, Type, kid));
        var claims = Encode(new Claims(_options.Issuer, _options.Audience, token.UserId, token.CompanyId, token.SessionId, token.Role,
            now, now, now + Seconds));
        var signed = $"{header}.{claims}";
        // The private key is one object for all requests, and ECDsa is not promised to be thread-safe.
        byte[] signature;
        lock (key) signature = key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256);
        return $"{signed}.{Base64Url.EncodeToString(signature)}";
    }

    /// <summary>The token's content, or null when it is not a valid token of this service at this moment.</summary>
    public async ValueTask<AccessToken?> VerifyAsync(string text, CancellationToken cancellationToken)
    {
        if (text.Length > MaxLength || text.Split('.') is not [var headerPart, var claimsPart, var signaturePart]) return null;
        if (Decode<Header>(headerPart) is not { Alg: Algorithm, Typ: Type, Kid: { } kid }) return null;
        if (await keys.FindAsync(kid, cancellationToken) is not { } key) return null;
        if (!Signed(key, headerPart, claimsPart, signaturePart)) return null;
        if (Decode<Claims>(claimsPart) is not { } claims) return null;

        var now = time.GetUtcNow();
        var valid = claims.Iss == _options.Issuer && claims.Aud == _options.Audience
            && now < DateTimeOffset.FromUnixTimeSeconds(claims.Exp) + ClockSkew
            && now >= DateTimeOffset.FromUnixTimeSeconds(claims.Nbf) - ClockSkew;
        return valid ? new(claims.Sub, claims.Company, claims.Sid, claims.Role) : null;
    }

    private static bool Signed(ECDsa key, string header, string claims, string signature)
    {
        if (!Base64Url.IsValid(signature)) return false;
        var bytes = Base64Url.DecodeFromChars(signature);
        lock (key) return key.VerifyData(Encoding.ASCII.GetBytes($"{header}.{claims}"), bytes, HashAlgorithmName.SHA256);
    }

    private static string Encode<T>(T part) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(part, JsonOptions));

    private static T? Decode<T>(string part) where T : class
    {
        if (!Base64Url.IsValid(part)) return null;
        try
        {
            return JsonSerializer.Deserialize<T>(Base64Url.DecodeFromChars(part), JsonOptions);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static readonly JsonSerializerOptions JsonOptions = new(JsonSerializerDefaults.Web)
    {
        PropertyNameCaseInsensitive = false,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
        NumberHandling = JsonNumberHandling.Strict,
        AllowDuplicateProperties = false,
        // Nothing here is put into a page; without it "at+jwt" is written with an escape.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private sealed record Header(string Alg, string Typ, string Kid);

    private sealed record Claims(string Iss, string Aud, Guid Sub, Guid Company, Guid Sid, string Role, long Iat, long Nbf, long Exp);
}
