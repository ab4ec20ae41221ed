using System.Net;
using ScaleHub.Testing;

namespace ScaleHub.Tests.Modules.Identity.Authentication;

/// <summary>Guessing passwords, and people who share an address with somebody who does; over two instances.</summary>
public sealed class SignInLimitsTests(SignInLimitsTests.Api api) : IClassFixture<SignInLimitsTests.Api>
{
    private static int _addresses;

    [Fact]
    public async Task No_more_than_ten_wrong_passwords_are_tried_on_an_account_whatever_the_addresses()
    {
        var (email, home) = await RegisterAsync();
        var strangers = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => SignInAsync(NewAddress(), email, "wrong", i % 2)));
        Assert.Equal(5, strangers.Count(r => r.StatusCode == HttpStatusCode.Unauthorized));
        var own = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => SignInAsync(home, email, "wrong", i % 2)));
        Assert.Equal(5, own.Count(r => r.StatusCode == HttpStatusCode.Unauthorized));
        var refused = strangers.Concat(own).Where(r => r.StatusCode != HttpStatusCode.Unauthorized).ToList();
        foreach (var response in refused)
        {
            var problem = await response.ProblemAsync(HttpStatusCode.TooManyRequests);
            Assert.Equal("account", problem.GetProperty("violated-policies")[0].GetString());
            Assert.InRange(response.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 800, 910);
        }
    }

    [Fact]
    public async Task A_stranger_who_guesses_does_not_lock_the_owner_out_of_an_address_that_the_owner_has_used()
    {
        var (email, home) = await RegisterAsync();
        for (var i = 0; i < 6; i++) await SignInAsync(NewAddress(), email, "wrong");
        await (await SignInAsync(NewAddress(), email, Account.Password)).ProblemAsync(HttpStatusCode.TooManyRequests);
        await (await SignInAsync(home, email, Account.Password)).JsonAsync(HttpStatusCode.OK);
    }

    [Fact]
    public async Task An_address_that_nobody_registered_is_limited_like_any_other()
    {
        var email = Account.NewEmail();
        for (var i = 0; i < 5; i++) await (await SignInAsync(NewAddress(), email, "wrong")).ProblemAsync(HttpStatusCode.Unauthorized);
        await (await SignInAsync(NewAddress(), email, "wrong")).ProblemAsync(HttpStatusCode.TooManyRequests);
    }

    [Fact]
    public async Task Right_passwords_are_not_counted()
    {
        var (email, home) = await RegisterAsync();
        for (var i = 0; i < 12; i++) await (await SignInAsync(home, email, Account.Password, i % 2)).JsonAsync(HttpStatusCode.OK);
        for (var i = 0; i < 5; i++) await (await SignInAsync(home, email, "wrong", i % 2)).ProblemAsync(HttpStatusCode.Unauthorized);
        await (await SignInAsync(home, email, "wrong")).ProblemAsync(HttpStatusCode.TooManyRequests);
    }

    [Fact]
    public async Task Wrong_codes_of_the_second_factor_count_with_the_wrong_passwords_and_right_ones_do_not()
    {
        var (email, home) = await RegisterAsync();
        using var client = Client(home, 0);
        client.DefaultRequestHeaders.Authorization = new("Bearer", (await client.SignInAsync(email)).Access);
        var (app, recovery) = await AuthenticatorApp.SetUpAsync(client);
        for (var i = 0; i < 6; i++) (await CodeAsync(new { challenge = await ChallengeAsync(), recoveryCode = recovery[i] })).EnsureSuccessStatusCode();
        var challenge = await ChallengeAsync();
        for (var i = 0; i < 3; i++)
            await (await CodeAsync(new { challenge, code = app.Wrong() })).ProblemAsync(HttpStatusCode.Unauthorized);
        for (var i = 0; i < 2; i++) await (await SignInAsync(home, email, "wrong")).ProblemAsync(HttpStatusCode.Unauthorized);
        await (await CodeAsync(new { challenge, code = app.Code(1) })).ProblemAsync(HttpStatusCode.TooManyRequests);

        Task<HttpResponseMessage> CodeAsync(object body) => client.PostJsonAsync("/api/v1/auth/login/totp", body);
        async Task<string> ChallengeAsync() => (await (await SignInAsync(home, email, Account.Password))
            .ProblemAsync(HttpStatusCode.Unauthorized)).GetProperty("challenge").GetString()!;
    }

    [Fact]
    public async Task Somebody_who_guesses_behind_a_shared_address_keeps_nobody_out_who_has_signed_in_from_it()
    {
        var home = NewAddress();
        var (email, _) = await RegisterAsync(home);
        var (newcomer, _) = await RegisterAsync(NewAddress());
        var answer = await (await SignInAsync(home, email, Account.Password)).JsonAsync(HttpStatusCode.OK);
        // One password on many accounts: 100 in 5 minutes, here 8.
        for (var i = 0; i < 8; i++) await (await SignInAsync(home, Account.NewEmail(), "wrong")).ProblemAsync(HttpStatusCode.Unauthorized);
        var refused = await (await SignInAsync(home, newcomer, Account.Password)).ProblemAsync(HttpStatusCode.TooManyRequests);
        Assert.Equal("signin", refused.GetProperty("violated-policies")[0].GetString());

        await (await SignInAsync(home, email, Account.Password)).JsonAsync(HttpStatusCode.OK);
        var (_, refresh) = SignIns.Tokens(answer);
        for (var i = 0; i < 3; i++)
        {
            using var client = Client(home, 0);
            (_, refresh) = SignIns.Tokens(await (await client.RefreshAsync(refresh)).JsonAsync(HttpStatusCode.OK));
        }
    }

    [Fact]
    public async Task A_wrong_password_where_it_is_changed_counts_as_at_sign_in_so_that_a_stolen_token_does_not_help_to_guess_it()
    {
        var (email, home) = await RegisterAsync();
        using var client = Client(home, 0);
        var (access, _) = await client.SignInAsync(email);
        for (var i = 0; i < 5; i++) await (await ChangeAsync("wrong")).ProblemAsync(HttpStatusCode.Forbidden);
        var refused = await (await ChangeAsync(Account.Password)).ProblemAsync(HttpStatusCode.TooManyRequests);
        Assert.Equal("account", refused.GetProperty("violated-policies")[0].GetString());

        Task<HttpResponseMessage> ChangeAsync(string current) => client.SendAsync(access, "/api/v1/account/password", HttpMethod.Put,
            new { currentPassword = current, newPassword = "wrong donkey charger" });
    }

    [Fact]
    public async Task Refreshes_are_counted_by_session_and_not_by_address()
    {
        var home = NewAddress();
        using var client = Client(home, 0);
        List<string> tokens = [];
        foreach (var _ in (int[])[1, 2])
        {
            var (email, _) = await RegisterAsync(home);
            tokens.Add(SignIns.Tokens(await (await SignInAsync(home, email, Account.Password)).JsonAsync(HttpStatusCode.OK)).Refresh);
        }
        for (var i = 0; i < 30; i++)
            tokens[0] = SignIns.Tokens(await (await client.RefreshAsync(tokens[0])).JsonAsync(HttpStatusCode.OK)).Refresh;
        var refused = await (await client.RefreshAsync(tokens[0])).ProblemAsync(HttpStatusCode.TooManyRequests);
        Assert.Equal("refresh", refused.GetProperty("violated-policies")[0].GetString());
        await (await client.RefreshAsync(tokens[1])).JsonAsync(HttpStatusCode.OK);
    }

    private async Task<(string Email, string Address)> RegisterAsync(string? address = null)
    {
        var (email, home) = (Account.NewEmail(), address ?? NewAddress());
        using var client = Client(home, 0);
        await (await client.PostJsonAsync("/api/v1/auth/register", new { companyName = "Acme", email, password = Account.Password }))
            .JsonAsync(HttpStatusCode.Created);
        return (email, home);
    }

    private async Task<HttpResponseMessage> SignInAsync(string address, string email, string password, int instance = 0)
    {
        using var client = Client(address, instance);
        return await client.PostJsonAsync("/api/v1/auth/login", new { email, password });
    }

    private HttpClient Client(string address, int instance)
    {
        var client = api.Instances.CreateClient(instance);
        client.DefaultRequestHeaders.Add("X-Forwarded-For", address);
        return client;
    }

    // Of networks for documentation (RFC 5737).
    private static string NewAddress()
        => Interlocked.Increment(ref _addresses) is var n && n < 250 ? $"203.0.113.{n}" : $"198.51.100.{n - 249}";

    public sealed class Api : IAsyncLifetime
    {
        public ApiInstances Instances { get; private set; } = null!;

        public async Task InitializeAsync()
            => Instances = await ApiInstances.StartAsync(2, ("RateLimits__Policies__signin__Limit", "8"));

        public async Task DisposeAsync() => await Instances.DisposeAsync();
    }
}
