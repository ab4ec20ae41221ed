using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ScaleHub.Testing;
using ScaleHub.Tests.Http.Caching;
using ScaleHub.Tests.Modules.Tasks;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Modules.Practice;

/// <summary>Every change of stock is a row, and the sum of a product's rows is its stock.</summary>
[Collection(ApiTests.Name)]
public sealed class StockTests(ApiFixture api)
{
    [Fact]
    public async Task Every_way_that_stock_changes_is_recorded_with_its_reason()
    {
        using var account = await api.RegisterAsync();
        var product = await account.CreateProductAsync(stock: 10);
        var order = await PlaceAsync(account, product, 4);
        await MoveAsync(account, product, "received", 3, "Delivery");
        await MoveAsync(account, product, "corrected", -1);
        await MoveAsync(account, product, "sold", -2);
        await MoveAsync(account, product, "returned", 1);
        await (await account.Client.PostAsync($"/api/v1/orders/{order}/cancel", null)).JsonAsync(HttpStatusCode.OK);

        // Those of one millisecond have no order between them.
        var rows = (await MovementsAsync(account, product)).Select(m => (
            m.GetProperty("reason").GetString(), m.GetProperty("quantity").GetInt32(),
            m.GetProperty("orderId").GetString(), m.GetProperty("note").GetString())).ToHashSet();
        Assert.Equal(
            [
                ("received", 10, null, null), ("sold", -4, $"{order}", null), ("received", 3, null, "Delivery"),
                ("corrected", -1, null, null), ("sold", -2, null, null), ("returned", 1, null, null),
                ("returned", 4, $"{order}", null),
            ], rows);
        Assert.All(await MovementsAsync(account, product), m => Assert.Equal(account.UserId, m
            .GetProperty("createdBy").GetGuid()));
        Assert.Equal(11, await AssertSumAsync(account, product));
    }

    [Fact]
    public async Task Whatever_happens_at_once_stock_is_never_below_zero_and_the_sum_of_the_movements()
    {
        using var account = await api.RegisterAsync();
        var patient = await account.CreatePatientAsync();
        var product = await account.CreateProductAsync(stock: 6);
        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(async i => (i % 4) switch
        {
            0 => await account.Client.PostAsync(Movements(product), Responses.Json("""{"reason":"sold","quantity":-2}""")),
            1 => await account.Client.PostAsync(Movements(product), Responses.Json("""{"reason":"received","quantity":1}""")),
            2 => await OrderAsync(account, patient, product, 3),
            _ => await OrderAndCancelAsync(account, patient, product),
        }));
        Assert.All(answers, a => Assert.True(a.StatusCode is HttpStatusCode.Created or HttpStatusCode.OK or HttpStatusCode.Conflict));
        Assert.Contains(answers, a => a.StatusCode == HttpStatusCode.Conflict);
        await AssertSumAsync(account, product);
        Assert.All(await MovementsAsync(account, product), m => Assert.True(m.GetProperty("stockAfter").GetInt32() >= 0));
    }

    [Fact]
    public async Task Of_fifty_buyers_of_the_last_one_one_gets_it()
    {
        using var account = await api.RegisterAsync();
        var patient = await account.CreatePatientAsync();
        var product = await account.CreateProductAsync(stock: 1);
        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => OrderAsync(account, patient, product, 1)));
        Assert.Single(answers, a => a.StatusCode == HttpStatusCode.Created);
        Assert.Equal(49, answers.Count(a => a.StatusCode == HttpStatusCode.Conflict));
        Assert.Single((await account.Client.GetFromJsonAsync<JsonElement>("/api/v1/orders")).Items());
        Assert.Equal(0, await AssertSumAsync(account, product));
    }

    [Fact]
    public async Task A_repeated_movement_is_recorded_once()
    {
        using var account = await api.RegisterAsync();
        var product = await account.CreateProductAsync(stock: 1);
        const string Body = """{"reason":"received","quantity":5}""";
        var first = await (await account.Client.PostOnceAsync(Movements(product), "k", Body)).JsonAsync(HttpStatusCode.Created);
        var again = await account.Client.PostOnceAsync(Movements(product), "k", Body);
        Assert.Equal("true", again.Header("Idempotency-Replayed"));
        Assert.Equal(first.ToString(), (await again.JsonAsync(HttpStatusCode.Created)).ToString());
        Assert.Equal(6, await AssertSumAsync(account, product));
        Assert.Equal(2, (await MovementsAsync(account, product)).Count);
    }

    [Theory]
    [InlineData("""{"reason":"received","quantity":0}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"reason":"received","quantity":-1}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"reason":"returned","quantity":-1}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"reason":"sold","quantity":1}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"reason":"received","quantity":2147483648}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"reason":"corrected","quantity":-2147483648}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"reason":"stolen","quantity":1}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"quantity":1}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"reason":"received","quantity":1,"note":"\u0000"}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"reason":"received","quantity":1,"orderId":null}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"reason":"corrected","quantity":-4}""", HttpStatusCode.Conflict)]
    [InlineData("""{"reason":"received","quantity":1000000}""", HttpStatusCode.Conflict)]
    public async Task What_is_refused_moves_nothing(string body, HttpStatusCode expected)
    {
        using var account = await api.RegisterAsync();
        var product = await account.CreateProductAsync(stock: 3);
        await (await account.Client.PostAsync(Movements(product), Responses.Json(body))).ProblemAsync(expected);
        Assert.Equal(3, await AssertSumAsync(account, product));
        // Nor can it be set past the movements.
        await (await account.Client.PatchAsync($"/api/v1/products/{product}", """{"stock":9}"""))
            .ProblemAsync(HttpStatusCode.BadRequest);
        Assert.Equal(3, await AssertSumAsync(account, product));
    }

    [Fact]
    public async Task Another_companys_stock_does_not_exist()
    {
        using var mine = await api.RegisterAsync();
        using var theirs = await api.RegisterAsync();
        var product = await theirs.CreateProductAsync(stock: 3);
        await (await mine.Client.PostAsync(Movements(product), Responses.Json("""{"reason":"received","quantity":1}""")))
            .ProblemAsync(HttpStatusCode.NotFound);
        await (await mine.Client.GetAsync(Movements(product))).ProblemAsync(HttpStatusCode.NotFound);
        Assert.Equal(3, await AssertSumAsync(theirs, product));
    }

    [Fact]
    public async Task The_cached_list_shows_the_stock_behind_every_change()
    {
        using var account = await api.RegisterAsync();
        var product = await account.CreateProductAsync(stock: 3);
        Assert.Equal(3, await ListedAsync());
        await MoveAsync(account, product, "received", 1);
        Assert.Equal(4, await ListedAsync());
        var order = await PlaceAsync(account, product, 2);
        Assert.Equal(2, await ListedAsync());
        await (await account.Client.PostAsync($"/api/v1/orders/{order}/status", Responses.Json("""{"status":"cancelled"}""")))
            .JsonAsync(HttpStatusCode.OK);
        Assert.Equal(4, await ListedAsync());

        async Task<int> ListedAsync()
            => Assert.Single((await account.Client.GetFromJsonAsync<JsonElement>("/api/v1/products")).Items())
            .GetProperty("stock").GetInt32();
    }

    [Fact]
    public async Task The_release_before_runs_on_the_new_table_and_its_changes_are_recorded_too()
    {
        using var account = await api.RegisterAsync();
        var (old, made) = (await account.CreateProductAsync(stock: 3), Guid.CreateVersion7());
        // As it writes: the stock alone.
        await api.ExecuteAsync($"""
            update products set stock = stock - 2, updated_at = now() where id = '{old}';
            insert into products (company_id, id, sku, name, price_minor, currency, stock)
            values ('{account.CompanyId}', '{made}', 'old', 'old', 1, 'EUR', 7)
            """);
        Assert.Equal(1, await AssertSumAsync(account, old));
        Assert.Equal(7, await AssertSumAsync(account, made));
        Assert.Equal(JsonValueKind.Null, Assert.Single(await MovementsAsync(account, made)).GetProperty("createdBy").ValueKind);
        await MoveAsync(account, old, "received", 5);
        Assert.Equal(6, await AssertSumAsync(account, old));
    }

    private static string Movements(Guid product) => $"/api/v1/products/{product}/stock-movements";

    private static async Task MoveAsync(Account account, Guid product, string reason, int quantity, string? note = null)
        => await (await account.Client.PostJsonAsync(Movements(product), new { reason, quantity, note }))
            .JsonAsync(HttpStatusCode.Created);

    private static Task<HttpResponseMessage> OrderAsync(Account account, Guid patient, Guid product, int quantity)
        => account.Client.PostJsonAsync("/api/v1/orders", new
        {
            patientId = patient,
            lines = new[] { new { productId = product, quantity } },
        });

    private static async Task<Guid> PlaceAsync(Account account, Guid product, int quantity)
        => PracticeSupport.Id(await (await OrderAsync(account, await account.CreatePatientAsync(), product, quantity))
            .JsonAsync(HttpStatusCode.Created));

    private static async Task<HttpResponseMessage> OrderAndCancelAsync(Account account, Guid patient, Guid product)
    {
        var placed = await OrderAsync(account, patient, product, 2);
        return placed.StatusCode != HttpStatusCode.Created
            ? placed
            : await account.Client.PostAsync($"{placed.Headers.Location}/cancel", null);
    }

    private static async Task<List<JsonElement>> MovementsAsync(Account account, Guid product)
        => [.. (await account.Client.GetFromJsonAsync<JsonElement>($"{Movements(product)}?limit=100")).Items()];

    private static async Task<int> AssertSumAsync(Account account, Guid product)
    {
        var stock = (await account.Client.GetFromJsonAsync<JsonElement>($"/api/v1/products/{product}"))
            .GetProperty("stock").GetInt32();
        Assert.Equal(stock, (await MovementsAsync(account, product)).Sum(m => m.GetProperty("quantity").GetInt32()));
        return stock;
    }
}
