using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Npgsql;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Modules.Identity.Authentication;

/// <summary>
/// Tokens with one thing wrong. A key of the test's own is put among the signing keys, so that the rest of each is right.
/// </summary>
[Collection(ApiTests.Name)]
public sealed class AccessTokenTests(ApiFixture api) : IAsyncLifetime
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly string _kid = $"test-{Guid.NewGuid():N}";
    private Account _account = null!;

    public async Task InitializeAsync()
    {
        _account = await Account.RegisterAsync(api.Address);
        // What the service cannot open, it does not sign with.
        await ExecuteAsync("insert into signing_keys (kid, public_key, private_key) values ($1, $2, '\\x00')", _kid,
            _key.ExportSubjectPublicKeyInfo());
    }

    public async Task DisposeAsync()
    {
        await ExecuteAsync("delete from signing_keys where kid = $1", _kid);
        _account.Dispose();
        _key.Dispose();
    }

    [Fact]
    public async Task A_token_with_one_thing_wrong_is_401_and_the_same_token_without_it_works()
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        // The control: what the others differ from. The key is new, so the instance may take up to five seconds to look again.
        await Poll.UntilAsync(async () => Assert.Equal(HttpStatusCode.OK, await api.Client.StatusAsync(Token())));

        using var other = await Account.RegisterAsync(api.Address);
        var good = Token();
        var parts = good.Split('.');
        Dictionary<string, string> wrong = new()
        {
            ["alg none"] = Token(header: h => h["alg"] = "none"),
            ["alg none, no signature"] = Token(header: h => h["alg"] = "none").Split('.') is [var h, var c, _] ? $"{h}.{c}." : "",
            ["HS256 with the public key"] = Hs256(_key.ExportSubjectPublicKeyInfo()),
            ["HS256 with the public key as PEM"] = Hs256(Encoding.ASCII.GetBytes(_key.ExportSubjectPublicKeyInfoPem())),
            ["another type"] = Token(header: h => h["typ"] = "JWT"),
            ["unknown kid"] = Token(header: h => h["kid"] = "nobody"),
            ["no kid"] = Token(header: h => h.Remove("kid")),
            ["another key's kid"] = Token(header: h => h["kid"] = Kid(_account.AccessToken)),
            ["another issuer"] = Token(claims: c => c["iss"] = "somebody"),
            ["another audience"] = Token(claims: c => c["aud"] = "something"),
            ["expired"] = Token(claims: c => (c["exp"], c["nbf"], c["iat"]) = (now - 10, now - 900, now - 900)),
            ["not yet valid"] = Token(claims: c => c["nbf"] = now + 60),
            ["another company"] = Token(claims: c => c["company"] = other.CompanyId.ToString()),
            ["another user"] = Token(claims: c => c["sub"] = other.UserId.ToString()),
            ["another role"] = Token(claims: c => c["role"] = "operator"),
            ["another session"] = Token(claims: c => c["sid"] = Guid.NewGuid().ToString()),
            ["another company's session"] = Token(claims: c => c["sid"] = Claims(other.AccessToken)["sid"]!.GetValue<string>()),
            ["changed claims"] = $"{parts[0]}.{Encode(Claims(good), c => c["role"] = "admin")}.{parts[2]}",
            ["no signature"] = $"{parts[0]}.{parts[1]}.",
            ["a signature in DER"] = Token(format: DSASignatureFormat.Rfc3279DerSequence),
            ["four parts"] = good + ".x",
            ["too long"] = Token(claims: c => c["x"] = new string('x', 4000)),
        };
        foreach (var (what, token) in wrong)
        {
            var status = await _account.Client.StatusAsync(token);
            Assert.True(status == HttpStatusCode.Unauthorized, $"{what}: {status}");
        }
        Assert.Equal(HttpStatusCode.OK, await _account.Client.StatusAsync(good));
    }

    [Fact]
    public async Task Published_keys_verify_what_the_service_signs()
    {
        var response = await api.Client.GetAsync("/.well-known/jwks.json");
        var keys = (await response.JsonAsync(HttpStatusCode.OK)).GetProperty("keys").EnumerateArray().ToList();
        Assert.True(response.Headers.CacheControl is { Public: true, MaxAge: not null });
        var key = keys.Single(k => k.GetProperty("kid").GetString() == Kid(_account.AccessToken));
        Assert.Equal(("EC", "P-256", "sig", "ES256"), (Text("kty"), Text("crv"), Text("use"), Text("alg")));
        Assert.All(keys, k => Assert.False(k.TryGetProperty("d", out _)));
        using var ecdsa = ECDsa.Create(new ECParameters
        {
            Curve = ECCurve.NamedCurves.nistP256,
            Q = new() { X = Base64Url.DecodeFromChars(Text("x")), Y = Base64Url.DecodeFromChars(Text("y")) },
        });
        var parts = _account.AccessToken.Split('.');
        Assert.True(ecdsa.VerifyData(Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), Base64Url.DecodeFromChars(parts[2]),
            HashAlgorithmName.SHA256));

        string Text(string name) => key.GetProperty(name).GetString()!;
    }

    private string Token(Action<JsonObject>? header = null, Action<JsonObject>? claims = null,
        DSASignatureFormat format = DSASignatureFormat.IeeeP1363FixedFieldConcatenation)
    {
        var signed = Unsigned("ES256", header, claims);
        var signature = _key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, format);
        return $"{signed}.{Base64Url.EncodeToString(signature)}";
    }

    private string Hs256(byte[] key)
    {
        var signed = Unsigned("HS256");
        return $"{signed}.{Base64Url.EncodeToString(HMACSHA256.HashData(key, Encoding.ASCII.GetBytes(signed)))}";
    }

    private string Unsigned(string algorithm, Action<JsonObject>? header = null, Action<JsonObject>? claims = null)
        => Encode(new() { ["alg"] = algorithm, ["typ"] = "at+jwt", ["kid"] = _kid }, header)
            + "." + Encode(Claims(_account.AccessToken), claims);

    private static string Encode(JsonObject part, Action<JsonObject>? change)
    {
        change?.Invoke(part);
        return Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(part));
    }

    private static JsonObject Claims(string token) => Part(token, 1);

    private static string Kid(string token) => Part(token, 0)["kid"]!.GetValue<string>();

    private static JsonObject Part(string token, int index)
        => JsonNode.Parse(Base64Url.DecodeFromChars(token.Split('.')[index]))!.AsObject();

    private async Task ExecuteAsync(string sql, params object[] values)
    {
        await using var owner = NpgsqlDataSource.Create(api.Database.Owner);
        await using var command = owner.CreateCommand(sql);
        foreach (var value in values) command.Parameters.Add(new() { Value = value });
        await command.ExecuteNonQueryAsync();
    }
}
