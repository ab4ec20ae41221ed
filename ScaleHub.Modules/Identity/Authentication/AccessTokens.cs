using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using ScaleHub.Core.Platform.Caching;
using ScaleHub.Http.Authentication;

namespace ScaleHub.Modules.Identity.Authentication;

/// <summary>
/// Signs and verifies access tokens: JWTs (RFC 7519, RFC 9068) with ES256 (RFC 7518, 3.4) and nothing else, by
/// Microsoft.IdentityModel's <see cref="JsonWebTokenHandler"/>.
/// <para>The library checks signature, algorithm, type, issuer, audience and times. What it would let pass is checked here: more
/// than 2,048 characters, header members beside the three that we write (among them <c>crit</c>, which must not be ignored:
/// RFC 7515, 4.1.11), duplicate members, other spellings, and claims of another type than ours (docs/decisions/0004).</para>
/// <para>A token that was verified once is remembered, at most 100,000 of them by a hash, and then costs a lookup: only its times
/// and its key are looked at again. Verifications do not wait for each other, so that a flood of wrong signatures holds nobody up
/// but by the processor's time.</para>
/// </summary>
public sealed class AccessTokens(SigningKeyRing keys, IOptions<IdentityOptions> options, TimeProvider time)
{
    private const string Algorithm = SecurityAlgorithms.EcdsaSha256, Type = "at+jwt";
    private const int MaxLength = 2048;
    private static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(5);
    private static readonly SearchValues<char> Characters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.");

    // MapInboundClaims and the default times concern members that are not used here.
    private static readonly JsonWebTokenHandler Handler = new() { MaximumTokenSizeInBytes = MaxLength };
    private readonly IdentityOptions _options = options.Value;
    private readonly BoundedMap<UInt128, Verified> _verified = new(100_000);

    /// <summary>Seconds that a new token is valid.</summary>
    public int Seconds => _options.AccessTokenMinutes * 60;

    /// <summary>Makes a token that is valid from now on.</summary>
    public async ValueTask<string> IssueAsync(AccessToken token, CancellationToken cancellationToken)
    {
        var key = await keys.SignerAsync(cancellationToken);
        var now = time.GetUtcNow().UtcDateTime;
        return Handler.CreateToken(new SecurityTokenDescriptor
        {
            TokenType = Type,
            Issuer = _options.Issuer,
            Audience = _options.Audience,
            IssuedAt = now,
            NotBefore = now,
            Expires = now.AddSeconds(Seconds),
            Claims = new Dictionary<string, object>
            {
                ["sub"] = token.UserId.ToString(),
                ["company"] = token.CompanyId.ToString(),
                ["sid"] = token.SessionId.ToString(),
                ["role"] = token.Role,
            },
            SigningCredentials = new(key, Algorithm),
        });
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
        // The library's decoder takes the other base64's characters, too, and five parts, which are an encrypted token.
        if (text.AsSpan().ContainsAnyExcept(Characters) || text.Split('.') is not [var header, var payload, _]) return null;
        // Looked at before the library does, which tells by an exception: a forged header then costs next to nothing.
        if (Decode<Header>(header) is not { Alg: Algorithm, Typ: Type, Kid: { } kid }) return null;
        if (await keys.FindAsync(kid, cancellationToken) is not { } key) return null;
        var result = await Handler.ValidateTokenAsync(text, Requirements(key));
        if (!result.IsValid || Decode<Claims>(payload) is not { } claims) return null;
        return new(new(claims.Sub, claims.Company, claims.Sid, claims.Role), kid,
            new DateTimeOffset(result.SecurityToken.ValidTo, TimeSpan.Zero) + ClockSkew);
    }

    // Every requirement is named, the library's defaults as well: they are what a token's safety rests on.
    private TokenValidationParameters Requirements(SecurityKey key) => new()
    {
        RequireSignedTokens = true,
        ValidAlgorithms = [Algorithm],
        ValidTypes = [Type],
        IssuerSigningKey = key,
        TryAllIssuerSigningKeys = false,
        ValidateIssuer = true,
        ValidIssuer = _options.Issuer,
        ValidateAudience = true,
        RequireAudience = true,
        ValidAudience = _options.Audience,
        IgnoreTrailingSlashWhenValidatingAudience = false,
        ValidateLifetime = true,
        RequireExpirationTime = true,
        // By our clock, which tests move, and with our skew; the library's is five minutes.
        LifetimeValidator = (from, to, _, _) =>
            time.GetUtcNow().UtcDateTime is var now && now >= from - ClockSkew && now < to + ClockSkew,
    };

    // Half of a SHA-256: nobody can make another token of the same name, and memory holds no token.
    private static UInt128 Name(string text)
    {
        Span<byte> utf8 = stackalloc byte[MaxLength * 3], hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(utf8[..Encoding.UTF8.GetBytes(text, utf8)], hash);
        return BinaryPrimitives.ReadUInt128LittleEndian(hash);
    }

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
    };

    private sealed record Verified(AccessToken Token, string Kid, DateTimeOffset EndsAt);

    [JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
    private sealed record Header(string Alg, string Typ, string Kid);

    private sealed record Claims(
        string Iss, string Aud, Guid Sub, Guid Company, Guid Sid, string Role, long Iat, long Nbf, long Exp);
}
