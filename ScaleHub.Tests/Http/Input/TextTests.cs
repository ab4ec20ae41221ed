using System.Net;
using System.Text.Json;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Http.Input;

/// <summary>Text that deceives is refused, and what looks the same is the same.</summary>
[Collection(ApiTests.Name)]
public sealed class TextTests(ApiFixture api)
{
    private const string Register = "/api/v1/auth/register";

    [Theory]
    [InlineData("a\u200b@company.example")]
    [InlineData("\ufeffa@company.example")]
    [InlineData("a@company\u00ad.example")]
    [InlineData("a b@company.example")]
    [InlineData("a\u2060@company.example")]
    [InlineData("a@\u202ecompany.example")]
    [InlineData("@company.example")]
    [InlineData("a@")]
    [InlineData("<b>a@company.example")]
    [InlineData("a,b@company.example")]
    public async Task An_address_with_what_cannot_be_seen_is_400_that_names_it(string email)
    {
        using var account = await api.RegisterAsync();
        foreach (var (path, body) in ((string, object)[])[
            (Register, new { companyName = "A", email, password = Account.Password }),
            ("/api/v1/users", new { email, password = Account.Password }), ("/api/v1/patients", new { name = "A", email })])
            await NamesAsync("email", await account.Client.PostJsonAsync(path, body));
    }

    [Theory]
    [InlineData("   ")]
    [InlineData("\u200b\u200b")]
    [InlineData(" \u2060\t")]
    [InlineData("\u3164")]
    [InlineData("\u00ad")]
    public async Task A_name_that_shows_nothing_is_400_that_names_it(string name)
    {
        using var account = await api.RegisterAsync();
        (string Path, object Body, string Member)[] bodies =
        [
            (Register, new { companyName = name, email = Account.NewEmail(), password = Account.Password }, "companyName"),
            ("/api/v1/patients", new { name }, "name"), ("/api/v1/tasks", new { title = name }, "title"),
            ("/api/v1/products", new { sku = "a", name, priceMinor = 1, currency = "EUR" }, "name"),
            ("/api/v1/products", new { sku = name, name = "a", priceMinor = 1, currency = "EUR" }, "sku"),
        ];
        foreach (var (path, body, member) in bodies) await NamesAsync(member, await account.Client.PostJsonAsync(path, body));
        using var patch = Responses.Json(JsonSerializer.Serialize(new { name }));
        await NamesAsync("name", await account.Client.PatchAsync("/api/v1/company", patch));
    }

    [Fact]
    public async Task Composed_and_decomposed_forms_of_an_address_and_a_password_are_one()
    {
        using var client = api.CreateClient();
        // Written out: the tests' own process has no Unicode tables.
        var name = Guid.NewGuid().ToString("N");
        string[] emails = [$"zoe\u0308-{name}@company.example", $"zo\u00eb-{name}@company.example", $"ZO\u00cb-{name}@Company.example"];
        string[] passwords = ["p\u00e4ssw\u00f6rter \u2163", "pa\u0308sswo\u0308rter \u2163", "p\u00e4ssw\u00f6rter IV", "pa\u0308ssw\u00f6rter\u3000IV"];
        await (await client.PostJsonAsync(Register, new { companyName = "A", email = emails[0], password = passwords[0] }))
            .JsonAsync(HttpStatusCode.Created);
        foreach (var email in emails)
        {
            await NamesAsync("email", await client.PostJsonAsync(Register, new { companyName = "A", email, password = passwords[0] }),
                HttpStatusCode.Conflict);
            foreach (var password in passwords)
                await (await client.PostJsonAsync("/api/v1/auth/login", new { email, password })).JsonAsync(HttpStatusCode.OK);
        }
        await (await client.PostJsonAsync("/api/v1/auth/login", new { email = emails[0], password = "passworter IV" }))
            .ProblemAsync(HttpStatusCode.Unauthorized);
        // What has no normal form is only wrong.
        await (await client.PostJsonAsync("/api/v1/auth/login", new { email = "a\ufffe@company.example", password = "a\ufffe" }))
            .ProblemAsync(HttpStatusCode.Unauthorized);
        await NamesAsync("email", await client.PostJsonAsync(Register, new { companyName = "A", email = "a\ufffe@a.example", password = passwords[0] }));
    }

    [Theory]
    [InlineData("password")]
    [InlineData("Password1")]
    [InlineData("12345678")]
    [InlineData("qwertyuiop")]
    [InlineData("aaaaaaaaaa")]
    [InlineData("\uff50assword")]
    [InlineData("Blue Harbour")]
    [InlineData("captain.haddock")]
    [InlineData("Captain.Haddock@company.example")]
    public async Task A_password_that_others_guess_first_is_400(string password)
    {
        using var client = api.CreateClient();
        await NamesAsync("password", await client.PostJsonAsync(Register,
            new { companyName = "Blue Harbour", email = "captain.haddock@company.example", password }));
        if (password.StartsWith("Blue", StringComparison.Ordinal)) return;
        using var account = await api.RegisterAsync();
        await NamesAsync("password", await account.Client.PostJsonAsync("/api/v1/users",
            new { email = "captain.haddock@company.example", password }));
    }

    [Fact]
    public async Task Lengths_count_characters_and_not_the_units_of_an_encoding()
    {
        using var account = await api.RegisterAsync();
        await (await account.Client.PostJsonAsync("/api/v1/tasks", new { title = Emoji(200) })).JsonAsync(HttpStatusCode.Created);
        await NamesAsync("title", await account.Client.PostJsonAsync("/api/v1/tasks", new { title = Emoji(201) }));
        // Four characters, though eight units of UTF-16.
        await NamesAsync("password", await account.Client.PostJsonAsync("/api/v1/users",
            new { email = Account.NewEmail(), password = Emoji(4) }));

        static string Emoji(int count) => string.Concat(Enumerable.Repeat("🚀", count));
    }

    [Fact]
    public async Task A_number_of_the_practice_has_no_blanks_around_it()
    {
        using var account = await api.RegisterAsync();
        var product = await (await account.Client.PostJsonAsync("/api/v1/products",
            new { sku = " A-1\t", name = "a", priceMinor = 1, currency = "EUR" })).JsonAsync(HttpStatusCode.Created);
        Assert.Equal("A-1", product.GetProperty("sku").GetString());
        await NamesAsync("sku", await account.Client.PostJsonAsync("/api/v1/products",
            new { sku = "A-1", name = "a", priceMinor = 1, currency = "EUR" }), HttpStatusCode.Conflict);
    }

    [Fact]
    public async Task Nobody_is_born_in_the_future()
    {
        using var account = await api.RegisterAsync();
        await NamesAsync("bornOn", await account.Client.PostJsonAsync("/api/v1/patients",
            new { name = "a", bornOn = DateOnly.FromDateTime(DateTime.UtcNow.AddDays(2)) }));
        await (await account.Client.PostJsonAsync("/api/v1/patients", new { name = "a", bornOn = DateOnly.FromDateTime(DateTime.UtcNow) }))
            .JsonAsync(HttpStatusCode.Created);
    }

    [Fact]
    public async Task A_conflict_names_the_member_and_says_which_way_round_it_is()
    {
        using var account = await api.RegisterAsync();
        var patient = await account.CreatePatientAsync();
        var product = await account.CreateProductAsync(stock: 3);
        foreach (var (path, body) in ((string, object)[])[
            ("/api/v1/exams", new { patientId = Guid.NewGuid(), kind = "retina" }),
            ("/api/v1/orders", new { patientId = Guid.NewGuid(), lines = new[] { new { productId = product, quantity = 1 } } })])
        {
            var unknown = await NamesAsync("patientId", await account.Client.PostJsonAsync(path, body), HttpStatusCode.Conflict);
            Assert.Contains("does not exist", unknown.GetProperty("detail").GetString(), StringComparison.Ordinal);
        }
        await (await account.Client.PostJsonAsync("/api/v1/exams", new { patientId = patient, kind = "retina" })).JsonAsync(HttpStatusCode.Created);
        var used = await (await account.Client.DeleteAsync($"/api/v1/patients/{patient}")).ProblemAsync(HttpStatusCode.Conflict);
        Assert.Equal("The resource is still in use: exams refer to it.", used.GetProperty("detail").GetString());
        await NamesAsync("lines[0].quantity", await account.Client.PostJsonAsync("/api/v1/orders",
            new { patientId = patient, lines = new[] { new { productId = product, quantity = 4 } } }), HttpStatusCode.Conflict);
        await NamesAsync("email", await account.Client.PostJsonAsync("/api/v1/users",
            new { email = account.Email, password = Account.Password }), HttpStatusCode.Conflict);
    }

    [Fact]
    public async Task A_new_user_is_where_its_location_says()
    {
        using var account = await api.RegisterAsync();
        var created = await account.Client.PostJsonAsync("/api/v1/users", new { email = Account.NewEmail(), password = Account.Password });
        var user = await created.JsonAsync(HttpStatusCode.Created);
        Assert.Equal($"/api/v1/users/{user.GetProperty("id").GetGuid()}", created.Headers.Location?.OriginalString);
        var read = await (await account.Client.GetAsync(created.Headers.Location)).JsonAsync(HttpStatusCode.OK);
        Assert.Equal(user.ToString(), read.ToString());
        using var other = await api.RegisterAsync();
        await (await other.Client.GetAsync(created.Headers.Location)).ProblemAsync(HttpStatusCode.NotFound);
        Assert.Equal(HttpStatusCode.NoContent, (await account.Client.DeleteAsync(created.Headers.Location)).StatusCode);
        await (await account.Client.GetAsync(created.Headers.Location)).ProblemAsync(HttpStatusCode.NotFound);
    }

    private static async Task<JsonElement> NamesAsync(
        string member, HttpResponseMessage response, HttpStatusCode expected = HttpStatusCode.BadRequest)
    {
        var problem = await response.ProblemAsync(expected);
        Assert.True(problem.TryGetProperty("errors", out var errors) && errors.TryGetProperty(member, out _), problem.ToString());
        return problem;
    }
}
