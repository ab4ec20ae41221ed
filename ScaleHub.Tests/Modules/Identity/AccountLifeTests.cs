using System.Buffers.Text;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ScaleHub.Testing;

namespace ScaleHub.Tests.Modules.Identity;

/// <summary>Mails that confirm, invite and reset: each link once, for its time, for its user; and nobody learns who has an
/// account.</summary>
public sealed class AccountLifeTests(AccountLifeFixture life) : IClassFixture<AccountLifeFixture>
{
    private const string Confirm = "Confirm your e-mail address", Reset = "Set a new password", Changed = "Your password was changed";
    private const string NewPassword = "wrong donkey charger";

    [Fact]
    public async Task Who_registers_confirms_the_address_by_a_link_that_works_once()
    {
        using var owner = await life.Api.RegisterAsync();
        Assert.Null(await VerifiedAsync(owner));
        var token = await life.TokenAsync(owner.Email, Confirm);
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => PostAsync("email/verify", new { token })));
        Assert.Single(answers, a => a.StatusCode == HttpStatusCode.NoContent);
        Assert.All(answers.Where(a => a.StatusCode != HttpStatusCode.NoContent), a => Assert.Equal(HttpStatusCode.NotFound, a.StatusCode));
        var at = await VerifiedAsync(owner);
        Assert.NotNull(at);
        // Once confirmed there is nothing to send.
        Assert.Equal(HttpStatusCode.Accepted, (await owner.Client.PostAsync("/api/v1/account/verification", null)).StatusCode);
        Assert.Equal(at, await VerifiedAsync(owner));
        await life.MailsAsync(owner.Email, Confirm, count: 1);
    }

    [Fact]
    public async Task A_forgotten_password_is_set_anew_by_mail_and_all_sessions_end()
    {
        using var owner = await life.Api.RegisterAsync();
        Assert.Equal(HttpStatusCode.Accepted, (await PostAsync("password/forgot", new { email = owner.Email.ToUpperInvariant() })).StatusCode);
        var token = await life.TokenAsync(owner.Email, Reset);

        await (await PostAsync("password/reset", new { token, password = "12345678" })).ProblemAsync(HttpStatusCode.BadRequest);
        // Of twenty who have the link, one sets the password.
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => PostAsync("password/reset", new { token, password = $"{NewPassword} {i}" })));
        var winner = answers.Index().Single(a => a.Item.StatusCode == HttpStatusCode.NoContent).Index;
        Assert.All(answers.Where((_, i) => i != winner), a => Assert.Equal(HttpStatusCode.NotFound, a.StatusCode));

        await Poll.UntilAsync(async () => Assert.Equal(HttpStatusCode.Unauthorized, (await owner.Client.GetAsync("/api/v1/sessions")).StatusCode));
        Assert.Equal(HttpStatusCode.Unauthorized, await LogInAsync(owner.Email, Account.Password));
        Assert.Equal(HttpStatusCode.OK, await LogInAsync(owner.Email, $"{NewPassword} {winner}"));
        await life.MailsAsync(owner.Email, Changed);
    }

    [Fact]
    public async Task Who_sets_a_forgotten_password_by_mail_still_needs_the_second_factor()
    {
        using var owner = await life.Api.RegisterAsync();
        var (app, _) = await AuthenticatorApp.SetUpAsync(owner.Client);
        await PostAsync("password/forgot", new { email = owner.Email });
        var token = await life.TokenAsync(owner.Email, Reset);
        Assert.Equal(HttpStatusCode.NoContent, (await PostAsync("password/reset", new { token, password = NewPassword })).StatusCode);

        using var signIn = await PostAsync("login", new { email = owner.Email, password = NewPassword });
        var challenge = (await signIn.ProblemAsync(HttpStatusCode.Unauthorized)).Text("challenge");
        Assert.Equal(HttpStatusCode.OK, (await PostAsync("login/totp", new { challenge, code = app.Code(1) })).StatusCode);
    }

    [Fact]
    public async Task Nobody_learns_who_has_an_account_or_fills_a_mailbox()
    {
        using var owner = await life.Api.RegisterAsync();
        var unknown = Account.NewEmail();
        var answers = new List<string>();
        foreach (var email in new[] { owner.Email, unknown, "not an address", owner.Email, owner.Email, owner.Email, owner.Email })
        {
            using var answer = await PostAsync("password/forgot", new { email });
            answers.Add($"{answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
        }
        Assert.Equal("Accepted ", Assert.Single(answers.Distinct()));
        // Three of five.
        await Poll.UntilAsync(async () => Assert.Equal(["0"], await life.Api.QueryAsync(
            $"select count(*) from jobs where payload ->> 'email' = '{owner.Email}' or payload ->> 'userId' = '{owner.UserId}' or payload ->> 'to' = '{owner.Email}'")));
        await life.MailsAsync(owner.Email, Reset, count: 3);
        Assert.Empty(life.Mailbox.List(unknown));
    }

    [Fact]
    public async Task A_link_fails_when_it_is_late_another_kind_cut_forged_or_of_another_company()
    {
        using var owner = await life.Api.RegisterAsync();
        using var stranger = await life.Api.RegisterAsync();
        var verify = await life.TokenAsync(owner.Email, Confirm);
        await PostAsync("password/forgot", new { email = owner.Email });
        var reset = await life.TokenAsync(owner.Email, Reset);
        var bytes = Base64Url.DecodeFromChars(reset);
        stranger.CompanyId.TryWriteBytes(bytes, bigEndian: true, out _);
        var moved = Base64Url.EncodeToString(bytes);
        var forged = reset[..^1] + (reset[^1] == 'A' ? 'B' : 'A');
        foreach (var token in new[] { verify, reset[..^1], forged, moved, "🙂", new string('a', 200), "../etc" })
            await (await PostAsync("password/reset", new { token, password = NewPassword })).ProblemAsync(HttpStatusCode.NotFound);
        foreach (var token in new[] { "", new string('a', 201), null })
            await (await PostAsync("password/reset", new { token, password = NewPassword })).ProblemAsync(HttpStatusCode.BadRequest);
        await (await PostAsync("email/verify", new { token = reset })).ProblemAsync(HttpStatusCode.NotFound);

        await life.Api.ExecuteAsync($"update one_time_tokens set expires_at = now() - interval '1 second' where user_id = '{owner.UserId}'");
        await (await PostAsync("password/reset", new { token = reset, password = NewPassword })).ProblemAsync(HttpStatusCode.NotFound);
        Assert.Equal(HttpStatusCode.OK, await LogInAsync(owner.Email, Account.Password));
        // Who reads the database finds no link in it.
        Assert.DoesNotContain(reset, string.Concat(await life.Api.QueryAsync("select t::text from one_time_tokens t")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Changing_the_password_takes_the_old_one_and_ends_the_other_sessions_alone()
    {
        using var owner = await life.Api.RegisterAsync();
        var other = await owner.Client.SignInAsync(owner.Email);
        await (await owner.Client.PutAsJsonAsync("/api/v1/account/password", new { currentPassword = "wrong", newPassword = NewPassword }))
            .ProblemAsync(HttpStatusCode.Forbidden);
        Assert.Equal(HttpStatusCode.NoContent, (await owner.Client.PutAsJsonAsync("/api/v1/account/password",
            new { currentPassword = Account.Password, newPassword = NewPassword })).StatusCode);
        await Poll.UntilAsync(async () => Assert.Equal(HttpStatusCode.Unauthorized, await owner.Client.StatusAsync(other.Access)));
        Assert.Equal(HttpStatusCode.OK, (await owner.Client.GetAsync("/api/v1/sessions")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, await LogInAsync(owner.Email, NewPassword));
        await life.MailsAsync(owner.Email, Changed);
    }

    [Fact]
    public async Task Who_is_invited_joins_once_in_the_role_that_was_offered_within_the_quota()
    {
        using var owner = await life.Api.RegisterAsync();
        var email = Account.NewEmail();
        var invited = await (await InviteAsync(owner, email, "admin")).JsonAsync(HttpStatusCode.Created);
        var token = await life.TokenAsync(email, "Join Test Company");
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => PostAsync("invitations/accept", new { token, password = NewPassword })));
        var joined = await Assert.Single(answers, a => a.StatusCode == HttpStatusCode.OK).JsonAsync(HttpStatusCode.OK);
        Assert.All(answers.Where(a => a.StatusCode != HttpStatusCode.OK),
            a => Assert.Contains(a.StatusCode, new[] { HttpStatusCode.NotFound, HttpStatusCode.Conflict }));
        var access = joined.GetProperty("accessToken").GetString()!;
        var users = await (await owner.Client.SendAsync(access, "/api/v1/users")).JsonAsync(HttpStatusCode.OK);
        var user = users.GetProperty("items").EnumerateArray().Single(u => u.GetProperty("email").GetString() == email);
        Assert.Equal("admin", user.GetProperty("role").GetString());
        Assert.NotEqual(JsonValueKind.Null, user.GetProperty("emailVerifiedAt").ValueKind);
        Assert.DoesNotContain(invited.GetProperty("id").GetGuid(), await OpenAsync(owner));

        // FREE allows three users: a third joins, a fourth is told why not, and its invitation still stands.
        var (third, fourth) = (Account.NewEmail(), Account.NewEmail());
        await (await InviteAsync(owner, third)).JsonAsync(HttpStatusCode.Created);
        var last = await (await InviteAsync(owner, fourth)).JsonAsync(HttpStatusCode.Created);
        Assert.Equal(HttpStatusCode.OK, (await PostAsync("invitations/accept",
            new { token = await life.TokenAsync(third, "Join Test Company"), password = NewPassword })).StatusCode);
        var full = await life.TokenAsync(fourth, "Join Test Company");
        await (await PostAsync("invitations/accept", new { token = full, password = NewPassword })).ProblemAsync(HttpStatusCode.Forbidden);
        Assert.Equal([last.GetProperty("id").GetGuid()], await OpenAsync(owner));
    }

    [Fact]
    public async Task An_invitation_that_is_withdrawn_or_to_an_address_in_use_joins_nobody_and_members_invite_nobody()
    {
        using var owner = await life.Api.RegisterAsync("BASIC");
        using var stranger = await life.Api.RegisterAsync();
        var email = Account.NewEmail();
        var invited = await (await InviteAsync(owner, email)).JsonAsync(HttpStatusCode.Created);
        var token = await life.TokenAsync(email, "Join Test Company");
        Assert.Equal(HttpStatusCode.NotFound, (await stranger.Client.DeleteAsync($"/api/v1/invitations/{invited.GetProperty("id").GetGuid()}")).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await owner.Client.DeleteAsync($"/api/v1/invitations/{invited.GetProperty("id").GetGuid()}")).StatusCode);
        await (await PostAsync("invitations/accept", new { token, password = NewPassword })).ProblemAsync(HttpStatusCode.NotFound);

        // The one who asks cannot tell; the one who has the mailbox can.
        await (await InviteAsync(owner, stranger.Email)).JsonAsync(HttpStatusCode.Created);
        var theirs = await life.TokenAsync(stranger.Email, "Join Test Company");
        await (await PostAsync("invitations/accept", new { token = theirs, password = NewPassword })).ProblemAsync(HttpStatusCode.Conflict);

        var (member, admin) = (await owner.AddAsync("member"), await owner.AddAsync("admin"));
        Assert.Equal(HttpStatusCode.Forbidden,
            (await owner.Client.SendAsync(member.Access, "/api/v1/invitations", HttpMethod.Post, new { email })).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden,
            (await owner.Client.SendAsync(admin.Access, "/api/v1/invitations", HttpMethod.Post, new { email, role = "owner" })).StatusCode);
    }

    [Fact]
    public async Task Of_ten_who_send_the_hundredth_open_invitation_at_once_one_does_and_one_that_has_expired_does_not_count()
    {
        using var owner = await life.Api.RegisterAsync();
        await life.Api.ExecuteAsync($"""
            insert into invitations (company_id, id, email, role, token_hash, created_by, expires_at)
            select '{owner.CompanyId}', gen_random_uuid(), n || '@company.example', 'member', sha256(n::text::bytea), '{owner.UserId}',
                now() + case when n > 99 then -1 else 1 end * interval '1 day' from generate_series(1, 120) n
            """);
        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => InviteAsync(owner, Account.NewEmail())));
        Assert.Single(answers, a => a.StatusCode == HttpStatusCode.Created);
        Assert.Equal(9, answers.Count(a => a.StatusCode == HttpStatusCode.Conflict));
    }

    private static Task<HttpResponseMessage> InviteAsync(Account owner, string email, string role = "member")
        => owner.Client.PostAsJsonAsync("/api/v1/invitations", new { email, role });

    private static async Task<IEnumerable<Guid>> OpenAsync(Account owner)
        => [.. (await (await owner.Client.GetAsync("/api/v1/invitations")).JsonAsync(HttpStatusCode.OK)).GetProperty("items").EnumerateArray()
            .Select(i => i.GetProperty("id").GetGuid())];

    private static async Task<string?> VerifiedAsync(Account owner)
        => (await (await owner.Client.GetAsync($"/api/v1/users/{owner.UserId}")).JsonAsync(HttpStatusCode.OK)).GetProperty("emailVerifiedAt").GetString();

    private async Task<HttpStatusCode> LogInAsync(string email, string password)
        => (await PostAsync("login", new { email, password })).StatusCode;

    private async Task<HttpResponseMessage> PostAsync(string path, object body)
    {
        using var client = life.Api.CreateClient();
        return await client.PostAsJsonAsync($"/api/v1/auth/{path}", body);
    }
}
