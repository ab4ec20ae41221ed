using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http.Authentication;
using ScaleHub.Modules;
using ScaleHub.Modules.Identity.Authentication;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Modules.Identity.Authentication;

/// <summary>
/// Tokens that are rightly signed and still not ours in form, by a key of the test's own: most are what a JWT library lets pass.
/// </summary>
[Collection(PostgresTests.Name)]
public sealed class TokenFormTests(PostgresServer server) : IAsyncLifetime
{
    private const string Kid = "test-key";
    private static readonly AccessToken Content = new(Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid(), Roles.Member);
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private IHost _host = null!;

    private AccessTokens Tokens => _host.Services.GetRequiredService<AccessTokens>();

    public async Task InitializeAsync()
    {
        var database = await server.CreateDatabaseAsync();
        await using (var owner = NpgsqlDataSource.Create(database.Owner))
        {
            // Older than the service's own key, which signs.
            await using var insert = owner.CreateCommand("""
                insert into signing_keys (kid, public_key, private_key, created_at)
                values ($1, $2, '\x00', now() - interval '1 second')
                """);
            insert.Parameters.Add(new() { Value = Kid });
            insert.Parameters.Add(new() { Value = _key.ExportSubjectPublicKeyInfo() });
            await insert.ExecuteNonQueryAsync();
        }
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Configuration.AddInMemoryCollection(
            [new("ConnectionStrings:scalehub", database.App), new("ConnectionStrings:redis", "127.0.0.1:1"),
                new("ScaleHub:Secret", PostgresServer.Secret)]);
        builder.Services.AddSingleton(TimeProvider.System).AddLogging();
        builder.AddPlatform();
        builder.AddModules();
        builder.Services.AddSingleton<SigningKeyRing>().AddSingleton<AccessTokens>();
        _host = builder.Build();
        await _host.StartAsync();
        await Poll.UntilAsync(async () => Assert.Equal(Content, await VerifyAsync(Token())));
    }

    public async Task DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
        _key.Dispose();
    }

    [Theory]
    [InlineData("a critical extension", """, "typ"|, "crit": ["exp"], "typ" """)]
    [InlineData("a critical extension that is not there", """, "typ"|, "crit": [], "typ" """)]
    [InlineData("a key of its own", """, "typ"|, "jwk": {"kty":"EC"}, "typ" """)]
    [InlineData("the place of a key", """, "typ"|, "jku": "https://keys.example", "typ" """)]
    [InlineData("compressed", """, "typ"|, "zip": "DEF", "typ" """)]
    [InlineData("two algorithms", "\"alg\": \"ES256\"|\"alg\": \"none\", \"alg\": \"ES256\"")]
    [InlineData("two keys", "\"kid\"|\"kid\": \"nobody\", \"kid\"")]
    [InlineData("another algorithm of the curve", "ES256|ES384")]
    [InlineData("an algorithm in another case", "ES256|es256")]
    [InlineData("a type in another case", "at+jwt|AT+JWT")]
    [InlineData("a media type", "at+jwt|application/at+jwt")]
    [InlineData("a kid in another case", "test-key|Test-Key")]
    [InlineData("a kid that is no text", "\"test-key\"|1")]
    public async Task A_header_with_more_less_or_other_than_three_members_is_refused(string what, string change)
        => Assert.True(await VerifyAsync(Token(header: change)) is null, what);

    [Theory]
    [InlineData("two roles", "\"role\"|\"role\": \"owner\", \"role\"")]
    [InlineData("two ends", "\"exp\"|\"exp\": 99999999999, \"exp\"")]
    [InlineData("no end", "\"exp\"|\"end\"")]
    [InlineData("an end as text", "\"exp\": EXP|\"exp\": \"EXP\"")]
    [InlineData("an end with a fraction", "\"exp\": EXP|\"exp\": EXP.5")]
    [InlineData("an end beyond all times", "\"exp\": EXP|\"exp\": 99999999999999999999")]
    [InlineData("no beginning", "\"nbf\"|\"from\"")]
    [InlineData("several audiences", "\"scalehub-api\"|[\"scalehub-api\", \"another\"]")]
    [InlineData("an audience with a slash", "scalehub-api|scalehub-api/")]
    [InlineData("no audience", "\"aud\"|\"for\"")]
    [InlineData("no issuer", "\"iss\"|\"by\"")]
    [InlineData("an issuer in another case", "\"scalehub\"|\"ScaleHub\"")]
    [InlineData("no role", "\"role\"|\"roll\"")]
    [InlineData("no role's value", "\"member\"|null")]
    [InlineData("a user that is no identifier", "SUB|somebody")]
    public async Task Claims_of_another_form_are_refused(string what, string change)
        => Assert.True(await VerifyAsync(Token(claims: change)) is null, what);

    [Fact]
    public async Task Another_spelling_of_the_same_bytes_is_refused()
    {
        // A signature with a character that the two base64 alphabets write differently.
        string token;
        do token = Token();
        while (!token.Split('.')[2].Contains('-', StringComparison.Ordinal));
        Assert.NotNull(await VerifyAsync(token));
        foreach (var other in (string[])[token.Replace('-', '+'), token + "=", token + "==", " " + token, token + "\n", token + ".",
            "." + token, token + "..", token.Replace(".", "..", StringComparison.Ordinal), token[..^1], token[..^4], ""])
            Assert.Null(await VerifyAsync(other));
    }

    [Fact]
    public async Task Many_threads_sign_and_verify_with_one_key_and_none_gets_anothers_answer()
    {
        var ours = await Tokens.IssueAsync(Content, CancellationToken.None);
        var sixteen = new ParallelOptions { MaxDegreeOfParallelism = 16 };
        await Parallel.ForEachAsync(Enumerable.Range(0, 3000), sixteen, async (_, stop) =>
        {
            var content = Content with { SessionId = Guid.NewGuid() };
            var token = await Tokens.IssueAsync(content, stop);
            // The right claims with the signature of another token, by the same key.
            Assert.Null(await VerifyAsync($"{token[..token.LastIndexOf('.')]}{ours[ours.LastIndexOf('.')..]}"));
            Assert.Equal(content, await VerifyAsync(token));
        });
    }

    private ValueTask<AccessToken?> VerifyAsync(string token) => Tokens.VerifyAsync(token, CancellationToken.None);

    /// <summary>A valid token, but for a change "from|to" of its header's or its claims' text.</summary>
    private string Token(string header = "|", string claims = "|")
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var signed = Part($$"""{"alg": "ES256", "typ": "at+jwt", "kid": "{{Kid}}"}""", header) + "." + Part($$"""
            {"iss": "scalehub", "aud": "scalehub-api", "sub": "{{Content.UserId}}", "company": "{{Content.CompanyId}}",
             "sid": "{{Content.SessionId}}", "role": "member", "iat": {{now}}, "nbf": {{now}}, "exp": {{now + 900}}}
            """, claims);
        return $"{signed}.{Base64Url.EncodeToString(_key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256))}";

        string Part(string text, string change)
        {
            var (from, to) = change.Split('|') is [var f, var t] ? (Filled(f), Filled(t)) : throw new ArgumentException(change);
            if (from.Length > 0) Assert.Contains(from, text, StringComparison.Ordinal);
            return Base64Url.EncodeToString(Encoding.UTF8.GetBytes(
                from.Length == 0 ? text : text.Replace(from, to, StringComparison.Ordinal)));
        }

        string Filled(string text) => text.Trim().Replace("EXP", $"{now + 900}", StringComparison.Ordinal)
            .Replace("SUB", $"{Content.UserId}", StringComparison.Ordinal);
    }
}
