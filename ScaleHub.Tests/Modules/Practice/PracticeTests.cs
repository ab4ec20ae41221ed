using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Modules.Practice;

[Collection(ApiTests.Name)]
public sealed class PracticeTests(ApiFixture api)
{
    [Fact]
    public async Task What_is_created_is_read_back_and_listed_as_it_was_answered()
    {
        using var account = await Account.RegisterAsync(api.Address);
        var patient = await account.CreatePatientAsync();
        var product = await account.CreateProductAsync(stock: 5);
        (string Path, object Body)[] creations =
        [
            ("patients", new { name = "Grace Höpper 🚀", bornOn = "1906-12-09", email = "grace@company.example", phone = "+49 1",
                notes = "a\nb" }),
            ("products", new { sku = "L-1", name = "Lens", priceMinor = 990, currency = "USD", stock = 3 }),
            ("orders", new { patientId = patient, lines = new[] { new { productId = product, quantity = 2 } }, notes = "soon" }),
            ("exams", new { patientId = patient, kind = "contactLens", findings = new { left = -1.25 },
                performedAt = "2026-03-01T10:00:00+02:00" }),
        ];
        foreach (var (path, body) in creations)
        {
            var response = await account.Client.PostJsonAsync($"/api/v1/{path}", body);
            var created = await response.JsonAsync(HttpStatusCode.Created);
            Assert.Equal($"/api/v1/{path}/{PracticeSupport.Id(created)}", response.Headers.Location?.OriginalString);
            Assert.Equal(created.ToString(), (await account.Client.GetFromJsonAsync<JsonElement>(response.Headers.Location))
                .ToString());
            var list = await account.Client.GetFromJsonAsync<JsonElement>($"/api/v1/{path}?limit=1");
            Assert.Equal(PracticeSupport.Id(created), PracticeSupport.Id(list.GetProperty("items")[0]));
        }
    }

    [Fact]
    public async Task Twenty_orders_at_once_sell_what_is_in_stock_and_never_more()
    {
        using var account = await Account.RegisterAsync(api.Address);
        var patient = await account.CreatePatientAsync();
        var first = await account.CreateProductAsync(stock: 7, sku: "a");
        var second = await account.CreateProductAsync(stock: 100, sku: "b");
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(async i =>
        {
            // In either order, which would deadlock if the products were locked as they come.
            Guid[] products = i % 2 == 0 ? [first, second] : [second, first];
            var body = new { patientId = patient, lines = products.Select(p => new { productId = p, quantity = 1 }) };
            return (await account.Client.PostJsonAsync("/api/v1/orders", body)).StatusCode;
        }));
        Assert.Equal(7, answers.Count(s => s == HttpStatusCode.Created));
        Assert.Equal(13, answers.Count(s => s == HttpStatusCode.Conflict));
        Assert.Equal(0, await StockAsync(account, first));
        Assert.Equal(93, await StockAsync(account, second));
        Assert.Equal(7, (await account.Client.GetFromJsonAsync<JsonElement>("/api/v1/orders?status=placed&page=1"))
            .GetProperty("page").GetProperty("total").GetInt32());
    }

    [Fact]
    public async Task A_cancelled_order_puts_its_products_back_once()
    {
        using var account = await Account.RegisterAsync(api.Address);
        var product = await account.CreateProductAsync(stock: 5);
        var order = await (await account.Client.PostJsonAsync("/api/v1/orders",
            new { patientId = await account.CreatePatientAsync(), lines = new[] { new { productId = product, quantity = 5 } } }))
                .JsonAsync(HttpStatusCode.Created);
        Assert.Equal(6250, order.GetProperty("totalMinor").GetInt64());
        Assert.Equal(0, await StockAsync(account, product));
        var cancel = $"/api/v1/orders/{PracticeSupport.Id(order)}/cancel";
        var answers = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => account.Client.PostAsync(cancel, null)));
        foreach (var answer in answers) Assert.Equal("cancelled", (await answer.JsonAsync(HttpStatusCode.OK))
            .GetProperty("status").GetString());
        Assert.Equal(5, await StockAsync(account, product));
        await (await account.Client.PostAsync($"/api/v1/orders/{Guid.CreateVersion7()}/cancel", null))
            .ProblemAsync(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task What_is_refused_changes_nothing()
    {
        using var account = await Account.RegisterAsync(api.Address);
        var patient = await account.CreatePatientAsync();
        var euro = await account.CreateProductAsync(stock: 3, sku: "e");
        var dollar = await account.CreateProductAsync(stock: 3, sku: "d", currency: "USD");
        (string Lines, HttpStatusCode Expected)[] orders =
        [
            ("[]", HttpStatusCode.BadRequest), ("[null]", HttpStatusCode.BadRequest), ("null", HttpStatusCode.BadRequest),
            (Lines((euro, 0)), HttpStatusCode.BadRequest), (Lines((euro, int.MaxValue)), HttpStatusCode.BadRequest),
            (Lines((euro, 1), (euro, 1)), HttpStatusCode.BadRequest), (Lines((euro, 1), (dollar, 1)), HttpStatusCode.BadRequest),
            (Lines((euro, 1), (Guid.CreateVersion7(), 1)), HttpStatusCode.BadRequest),
                (Lines((euro, 4)), HttpStatusCode.Conflict),
        ];
        foreach (var (lines, expected) in orders)
            await (await account.Client.PostAsync("/api/v1/orders",
                Responses.Json($$"""{"patientId":"{{patient}}","lines":{{lines}}}"""))).ProblemAsync(expected);
        await (await account.Client.PostAsync("/api/v1/orders",
            Responses.Json($$"""{"patientId":"{{Guid.NewGuid()}}","lines":{{Lines((euro, 1))}}}""")))
            .ProblemAsync(HttpStatusCode.Conflict);
        Assert.Equal(3, await StockAsync(account, euro));
        Assert.Equal(0, await UsedAsync(account, "orders"));

        (string Path, string Body, HttpStatusCode Expected)[] others =
        [
            ("patients", """{"name":""}""", HttpStatusCode.BadRequest),
                ("patients", """{"name":"a\u0000"}""", HttpStatusCode.BadRequest),
            ("patients", """{"name":"a","bornOn":"1700-01-01"}""", HttpStatusCode.BadRequest),
            ("patients", """{"name":"a","email":"x"}""", HttpStatusCode.BadRequest),
            ("products", """{"sku":"x","name":"x","priceMinor":-1,"currency":"EUR"}""", HttpStatusCode.BadRequest),
            ("products", """{"sku":"x","name":"x","priceMinor":1,"currency":"EURO"}""", HttpStatusCode.BadRequest),
            ("products", """{"sku":"e","name":"x","priceMinor":1,"currency":"EUR"}""", HttpStatusCode.Conflict),
            ("exams", $$"""{"patientId":"{{patient}}","kind":"ears"}""", HttpStatusCode.BadRequest),
            ("exams", $$"""{"patientId":"{{patient}}","kind":"retina","findings":[]}""", HttpStatusCode.BadRequest),
            ("exams", $$"""{"patientId":"{{patient}}","kind":"retina","findings":{"a":"\u0000"} }""", HttpStatusCode.BadRequest),
            ("exams", $$"""{"patientId":"{{patient}}","kind":"retina","findings":{"a":"\ud800"} }""", HttpStatusCode.BadRequest),
            ("exams", $$"""{"patientId":"{{patient}}","kind":"retina","findings":{"a":1e999999} }""", HttpStatusCode.BadRequest),
            ("exams", $$"""{"patientId":"{{patient}}","kind":"retina","findings":{"a":"{{new string('x', 9000)}}"} }""",
                HttpStatusCode.BadRequest),
            ("exams", $$"""{"patientId":"{{Guid.NewGuid()}}","kind":"retina"}""", HttpStatusCode.Conflict),
        ];
        foreach (var (path, body, expected) in others)
        {
            var answer = await account.Client.PostAsync($"/api/v1/{path}", Responses.Json(body));
            Assert.True(answer.StatusCode == expected, $"{answer.StatusCode} for {body}");
            await answer.ProblemAsync(expected);
        }
        Assert.Equal((1, 2, 0), (await UsedAsync(account, "patients"), await UsedAsync(account, "products"),
            await UsedAsync(account, "exams")));
    }

    [Fact]
    public async Task What_others_refer_to_is_not_deleted_and_another_companys_does_not_exist()
    {
        using var mine = await Account.RegisterAsync(api.Address);
        using var theirs = await Account.RegisterAsync(api.Address);
        var patient = await theirs.CreatePatientAsync();
        var product = await theirs.CreateProductAsync(stock: 1);
        await (await theirs.Client.PostAsync("/api/v1/orders",
            Responses.Json($$"""{"patientId":"{{patient}}","lines":{{Lines((product, 1))}}}""")))
            .JsonAsync(HttpStatusCode.Created);
        foreach (var path in (string[])[$"/api/v1/patients/{patient}", $"/api/v1/products/{product}"])
        {
            await (await mine.Client.GetAsync(path)).ProblemAsync(HttpStatusCode.NotFound);
            await (await mine.Client.DeleteAsync(path)).ProblemAsync(HttpStatusCode.NotFound);
            await (await theirs.Client.DeleteAsync(path)).ProblemAsync(HttpStatusCode.Conflict);
            await (await theirs.Client.GetAsync(path)).JsonAsync(HttpStatusCode.OK);
        }
        Assert.Equal(1, await UsedAsync(theirs, "patients"));
        Assert.Equal(0, await UsedAsync(mine, "patients"));
    }

    private static string Lines(params (Guid Product, int Quantity)[] lines)
        => $"[{string.Join(',', lines.Select(l => $$"""{"productId":"{{l.Product}}","quantity":{{l.Quantity}}}"""))}]";

    private static async Task<int> StockAsync(Account account, Guid product)
        => (await account.Client.GetFromJsonAsync<JsonElement>($"/api/v1/products/{product}")).GetProperty("stock").GetInt32();

    private static async Task<int> UsedAsync(Account account, string resource)
        => (await account.Client.GetFromJsonAsync<JsonElement>("/api/v1/quotas")).GetProperty("quotas").EnumerateArray()
            .Single(q => q.GetProperty("resource").GetString() == resource).GetProperty("used").GetInt32();
}
