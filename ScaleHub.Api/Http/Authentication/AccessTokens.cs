using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Options;
using ScaleHub.Core.Platform.Caching;

namespace ScaleHub.Api.Http.Authentication;

/// <summary>What an access token says of its bearer.</summary>
/// <param name="UserId"><c>sub</c></param>
/// <param name="CompanyId"><c>company</c></param>
/// <param name="SessionId"><c>sid</c></param>
/// <param name="Role"><c>role</c></param>
public sealed record AccessToken(Guid UserId, Guid CompanyId, Guid SessionId, string Role)
{
    /// <summary>Lets a handler take its caller's token as a parameter.</summary>
    public static ValueTask<AccessToken?> BindAsync(HttpContext context)
        => ValueTask.FromResult(context.Features.Get<AccessToken>());
}

/// <summary>
/// Signs and verifies access tokens: JWTs (RFC 7519) with ES256 (RFC 7518, 3.4) and nothing else. The header's <c>alg</c> is
/// compared, never obeyed, which leaves no algorithm to confuse (RFC 8725, 3.1).
/// <para>A token that was verified once is remembered, at most 100,000 of them by a hash, and then costs a lookup: only its times
/// and its key are looked at again.</para>
/// <para>Written here because no maintained JWT library is in every registry that this project builds from (docs/decisions/0002);
/// what remains of the format is three base64url parts and one signature check by .NET's <see cref="ECDsa"/>.</para>
/// </summary>
public sealed class AccessTokens(SigningKeyRing keys, IOptions<IdentityOptions> options, TimeProvider time)
{
    private const string Algorithm = "ES256", Type = "at+jwt";
    private const int MaxLength = 2048;
    private static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(5);
    private readonly IdentityOptions _options = options.Value;
    private readonly BoundedMap<UInt128, Verified> _verified = new(100_000);

    /// <summary>Seconds that a new token is valid.</summary>
    public int Seconds => _options.AccessTokenMinutes * 60;

    /// <summary>Makes a token that is valid from now on.</summary>
    public async ValueTask<string> IssueAsync(AccessToken token, CancellationToken cancellationToken)
    {
        var (kid, key) = await keys.SignerAsync(cancellationToken);
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
        if (text.Length > MaxLength) return null;
        var name = Name(text);
        if (!_verified.TryGet(name, out var known))
        {
            if (await CheckAsync(text, cancellationToken) is not { } token) return null;
            _verified.Set(name, known = token);
        }
        return time.GetUtcNow() < known.EndsAt && keys.Verifies(known.Kid) ? known.Token : null;
    }

    private async ValueTask<Verified?> CheckAsync(string text, CancellationToken cancellationToken)
    {
        if (text.Split('.') is not [var headerPart, var claimsPart, var signaturePart]) return null;
        if (Decode<Header>(headerPart) is not { Alg: Algorithm, Typ: Type, Kid: { } kid }) return null;
        if (await keys.FindAsync(kid, cancellationToken) is not { } key) return null;
        if (!Signed(key, headerPart, claimsPart, signaturePart)) return null;
        if (Decode<Claims>(claimsPart) is not { } claims) return null;
        if (claims.Iss != _options.Issuer || claims.Aud != _options.Audience) return null;
        if (time.GetUtcNow() < DateTimeOffset.FromUnixTimeSeconds(claims.Nbf) - ClockSkew) return null;
        return new(new(claims.Sub, claims.Company, claims.Sid, claims.Role), kid,
            DateTimeOffset.FromUnixTimeSeconds(claims.Exp) + ClockSkew);
    }

    // Half of a SHA-256: nobody can make another token of the same name, and memory holds no token.
    private static UInt128 Name(string text)
    {
        Span<byte> utf8 = stackalloc byte[MaxLength * 3], hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(utf8[..Encoding.UTF8.GetBytes(text, utf8)], hash);
        return BinaryPrimitives.ReadUInt128LittleEndian(hash);
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

    private sealed record Verified(AccessToken Token, string Kid, DateTimeOffset EndsAt);

    private sealed record Header(string Alg, string Typ, string Kid);

    private sealed record Claims(string Iss, string Aud, Guid Sub, Guid Company, Guid Sid, string Role, long Iat, long Nbf, long Exp);
}
