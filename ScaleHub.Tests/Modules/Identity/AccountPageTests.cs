using System.Net;
using System.Net.Http.Json;
using Microsoft.Playwright;
using ScaleHub.Testing;

namespace ScaleHub.Tests.Modules.Identity;

/// <summary>The page that links in mails lead to, in a browser.</summary>
public sealed class AccountPageTests(AccountLifeFixture life, InstalledBrowser browser)
    : IClassFixture<AccountLifeFixture>, IClassFixture<InstalledBrowser>
{
    private const float Patience = 40_000;

    [Fact]
    public async Task Who_is_invited_chooses_a_password_and_can_sign_in_and_the_link_is_gone_from_the_address()
    {
        using var owner = await life.Api.RegisterAsync();
        var email = Account.NewEmail();
        (await owner.Client.PostAsJsonAsync("/api/v1/invitations", new { email })).EnsureSuccessStatusCode();
        var token = await life.TokenAsync(email, "Join Test Company");

        var (page, complaints) = await OpenAsync($"/account#invitation={token}");
        await Assertions.Expect(page.Locator("h1")).ToHaveTextAsync("Join", new() { Timeout = Patience });
        Assert.EndsWith("/account", page.Url, StringComparison.Ordinal);
        await page.Locator("#password").FillAsync("12345678");
        await page.Locator("#send").ClickAsync();
        await Assertions.Expect(page.Locator("#message")).ToContainTextAsync("guessed first", new() { Timeout = Patience });
        await page.Locator("#password").FillAsync("wrong donkey charger");
        await page.Locator("#send").ClickAsync();
        await Assertions.Expect(page.Locator("#message")).ToContainTextAsync("Welcome", new() { Timeout = Patience });
        await Assertions.Expect(page.Locator("#form")).ToBeHiddenAsync(new() { Timeout = Patience });
        // The refusal of the weak password is one that the browser tells of.
        Assert.All(complaints, text => Assert.Contains("400", text, StringComparison.Ordinal));

        using var client = life.Api.CreateClient();
        Assert.Equal(HttpStatusCode.OK,
            (await client.PostAsJsonAsync("/api/v1/auth/login", new { email, password = "wrong donkey charger" })).StatusCode);
    }

    [Fact]
    public async Task A_link_to_confirm_an_address_does_so_at_once_and_says_so_when_it_is_used()
    {
        using var owner = await life.Api.RegisterAsync();
        var token = await life.TokenAsync(owner.Email, "Confirm your e-mail address");
        foreach (var expected in new[] { "your address is confirmed", "The link does not work" })
        {
            var (page, _) = await OpenAsync($"/account#verify={token}");
            await Assertions.Expect(page.Locator("#message")).ToContainTextAsync(expected, new() { Timeout = Patience });
        }
    }

    [Theory]
    [InlineData("/account")]
    [InlineData("/account#reset")]
    [InlineData("/account#__proto__=x")]
    [InlineData("/account#<script>=1")]
    public async Task Without_a_link_the_page_says_that_it_needs_one(string path)
    {
        var (page, complaints) = await OpenAsync(path);
        await Assertions.Expect(page.Locator("#message")).ToHaveTextAsync("This page needs a link from a mail.", new() { Timeout = Patience });
        await Assertions.Expect(page.Locator("#form")).ToBeHiddenAsync(new() { Timeout = Patience });
        Assert.Empty(complaints);
    }

    private async Task<(IPage Page, List<string> Complaints)> OpenAsync(string path)
    {
        var page = await browser.Browser.NewPageAsync(new() { BaseURL = life.Api.Addresses[0].ToString() });
        var complaints = new List<string>();
        page.Console += (_, message) =>
        {
            if (message.Type == "error") complaints.Add(message.Text);
        };
        page.PageError += (_, error) => complaints.Add(error);
        await page.GotoAsync(path);
        return (page, complaints);
    }
}
