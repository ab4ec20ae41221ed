using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.RegularExpressions;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Modules.Identity;

/// <summary>Signing in with a second factor, and what a thief of the password cannot do.</summary>
[Collection(ApiTests.Name)]
public sealed partial class TotpTests(ApiFixture api)
{
    private const string Me = "/api/v1/me/totp", LogIn = "/api/v1/auth/login/totp";

    [Fact]
    public async Task The_second_factor_is_on_when_the_app_has_shown_a_code_and_off_by_password_and_code()
    {
        using var account = await api.RegisterAsync();
        await (await account.Client.PostJsonAsync(Me, new { password = "wrong" })).ProblemAsync(HttpStatusCode.Forbidden);
        await (await account.Client.PostJsonAsync($"{Me}/confirm", new { code = "123456" })).ProblemAsync(HttpStatusCode.NotFound);
        var first = await (await account.Client.PostJsonAsync(Me, new { password = Account.Password })).JsonAsync(HttpStatusCode.OK);
        Assert.Matches(
            $@"^otpauth://totp/ScaleHub:{Regex.Escape(Uri.EscapeDataString(account.Email))}\?secret=[A-Z2-7]{{32}}&issuer=ScaleHub&",
            first.GetProperty("uri").GetString()!);
        // Half set up, it locks nobody out; and another try has another secret.
        await api.Client.SignInAsync(account.Email);
        var old = new AuthenticatorApp(first.GetProperty("secret").GetString()!);
        var begun = await account.Client.PostJsonAsync(Me, new { password = Account.Password });
        Assert.True(begun.Headers.CacheControl!.NoStore);
        var app = new AuthenticatorApp((await begun.JsonAsync(HttpStatusCode.OK)).GetProperty("secret").GetString()!);
        await (await account.Client.PostJsonAsync($"{Me}/confirm", new { code = old.Code() })).ProblemAsync(HttpStatusCode.Forbidden);
        await (await account.Client.PostJsonAsync($"{Me}/confirm", new { code = "12345" })).ProblemAsync(HttpStatusCode.BadRequest);

        var on = await (await account.Client.PostJsonAsync($"{Me}/confirm", new { code = app.Code() })).JsonAsync(HttpStatusCode.OK);
        Assert.Equal(10, on.GetProperty("recoveryCodes").EnumerateArray().Select(c => c.GetString()).Distinct().Count());
        await (await account.Client.PostJsonAsync(Me, new { password = Account.Password })).ProblemAsync(HttpStatusCode.Conflict);
        await ChallengeAsync(account.Email);

        await DeleteAsync(new { password = "wrong", code = app.Code(1) }, HttpStatusCode.Forbidden);
        await DeleteAsync(new { password = Account.Password, code = app.Wrong() }, HttpStatusCode.Forbidden);
        await DeleteAsync(new { password = Account.Password }, HttpStatusCode.BadRequest);
        await DeleteAsync(new { password = Account.Password, code = app.Code(1) }, HttpStatusCode.NoContent);
        await DeleteAsync(new { password = Account.Password, code = app.Code(1) }, HttpStatusCode.NotFound);
        await api.Client.SignInAsync(account.Email);

        async Task DeleteAsync(object body, HttpStatusCode expected)
        {
            using var request = new HttpRequestMessage(HttpMethod.Delete, Me) { Content = JsonContent.Create(body) };
            Assert.Equal(expected, (await account.Client.SendAsync(request)).StatusCode);
        }
    }

    [Fact]
    public async Task A_code_signs_in_once_and_so_does_a_challenge_however_many_try_at_once()
    {
        using var account = await api.RegisterAsync();
        var (app, _) = await AuthenticatorApp.SetUpAsync(account.Client);
        var challenges = new List<string>();
        for (var i = 0; i < 6; i++) challenges.Add(await ChallengeAsync(account.Email));
        var code = app.Code(1);
        // One code with many challenges, and one challenge with many tries.
        var answers = await Task.WhenAll(challenges.Select(challenge => api.Client.PostJsonAsync(LogIn, new { challenge, code })));
        var signedIn = Assert.Single(answers, a => a.StatusCode == HttpStatusCode.OK);
        Assert.Equal(5, answers.Count(a => a.StatusCode == HttpStatusCode.Unauthorized));
        Assert.Equal(HttpStatusCode.OK, await api.Client.StatusAsync(SignIns.Tokens(await signedIn.JsonAsync(HttpStatusCode.OK)).Access));

        await api.ExecuteAsync($"update user_totps set last_step = 0 where user_id = '{account.UserId}'");
        var used = challenges[Array.IndexOf(answers, signedIn)];
        await RefusedAsync(new { challenge = used, code = app.Code() });
        // That took nothing from the code, and a challenge that saw a wrong one works still.
        var other = challenges.First(c => c != used);
        await RefusedAsync(new { challenge = other, code = app.Wrong() });
        await (await api.Client.PostJsonAsync(LogIn, new { challenge = other, code = app.Code() })).JsonAsync(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_recovery_code_signs_in_once_in_any_case_and_is_nowhere_in_the_database()
    {
        using var account = await api.RegisterAsync();
        var (_, recovery) = await AuthenticatorApp.SetUpAsync(account.Client);
        Assert.All(recovery, code => Assert.Matches(RecoveryCode(), code));
        await SignInAsync(recovery[0], HttpStatusCode.OK);
        await SignInAsync(recovery[0], HttpStatusCode.Unauthorized);
        await SignInAsync(recovery[1].ToLowerInvariant().Replace("-", " ", StringComparison.Ordinal), HttpStatusCode.OK);
        await SignInAsync("", HttpStatusCode.Unauthorized);
        var state = await (await account.Client.GetAsync(Me)).JsonAsync(HttpStatusCode.OK);
        Assert.Equal((true, 8), (state.GetProperty("isOn").GetBoolean(), state.GetProperty("recoveryCodesLeft").GetInt32()));
        var kept = Assert.Single(await PostgresServer.QueryAsync(
            api.Database.Owner, $"select t::text from user_totps t where user_id = '{account.UserId}'"));
        var plain = Convert.ToHexStringLower(Encoding.ASCII.GetBytes(recovery[2]));
        Assert.DoesNotContain(plain, kept, StringComparison.OrdinalIgnoreCase);

        async Task SignInAsync(string recoveryCode, HttpStatusCode expected) => Assert.Equal(expected, (await api.Client.PostJsonAsync(
            LogIn, new { challenge = await ChallengeAsync(account.Email), recoveryCode })).StatusCode);
    }

    [Fact]
    public async Task A_challenge_ends_with_time_with_the_password_and_with_the_user()
    {
        using var account = await api.RegisterAsync();
        var (app, _) = await AuthenticatorApp.SetUpAsync(account.Client);
        var late = await ChallengeAsync(account.Email);
        await api.ExecuteAsync($"update one_time_tokens set expires_at = now() where user_id = '{account.UserId}' and purpose = 'sign_in'");
        var before = await ChallengeAsync(account.Email);
        (await account.Client.PutAsJsonAsync("/api/v1/account/password",
            new { currentPassword = Account.Password, newPassword = "wrong donkey charger" })).EnsureSuccessStatusCode();
        // The password is new; the second factor stays.
        var current = await ChallengeAsync(account.Email, "wrong donkey charger");
        foreach (var challenge in new[] { late, before, $"{current[..20]}{(current[20] == 'A' ? 'B' : 'A')}{current[21..]}", "x" })
            await RefusedAsync(new { challenge, code = app.Code(1) });
        await api.ExecuteAsync($"update users set deleted_at = now() where id = '{account.UserId}'");
        await RefusedAsync(new { challenge = current, code = app.Code(1) });
        await api.ExecuteAsync($"update users set deleted_at = null where id = '{account.UserId}'");
        await (await api.Client.PostJsonAsync(LogIn, new { challenge = current, code = app.Code(1) })).JsonAsync(HttpStatusCode.OK);
    }

    private async Task RefusedAsync(object body)
        => await (await api.Client.PostJsonAsync(LogIn, body)).ProblemAsync(HttpStatusCode.Unauthorized);

    private async Task<string> ChallengeAsync(string email, string password = Account.Password)
    {
        var problem = await (await api.Client.PostJsonAsync("/api/v1/auth/login", new { email, password }))
            .ProblemAsync(HttpStatusCode.Unauthorized);
        Assert.True(problem.GetProperty("totpRequired").GetBoolean());
        return problem.GetProperty("challenge").GetString()!;
    }

    [GeneratedRegex("^[A-Z2-7]{4}(-[A-Z2-7]{4}){3}$")]
    private static partial Regex RecoveryCode();
}
