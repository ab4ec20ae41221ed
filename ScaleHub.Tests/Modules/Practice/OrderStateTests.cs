using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ScaleHub.Testing;
using ScaleHub.Tests.Modules.Tasks;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Modules.Practice;

/// <summary>Where an order can go, and what becomes of its products.</summary>
[Collection(ApiTests.Name)]
public sealed class OrderStateTests(ApiFixture api)
{
    private static readonly string[] States = ["placed", "ready", "delivered", "cancelled"];

    // From each state, by a way to it, the states that it can go to.
    private static readonly (string[] Way, string[] Next)[] Ways =
    [
        ([], ["ready", "cancelled"]),
        (["ready"], ["delivered", "cancelled"]),
        (["ready", "delivered"], []),
        (["cancelled"], []),
        (["ready", "cancelled"], []),
    ];

    [Fact]
    public async Task From_every_state_an_order_goes_where_it_can_and_nowhere_else()
    {
        using var account = await api.RegisterAsync();
        var (patient, product) = (await account.CreatePatientAsync(), await account.CreateProductAsync(stock: 1000));
        var taken = 0;
        foreach (var (way, next) in Ways)
        {
            foreach (var to in States)
            {
                var order = await PlaceAsync(account, patient, product);
                foreach (var step in way) await (await MoveAsync(account, order, step)).JsonAsync(HttpStatusCode.OK);
                var answer = await MoveAsync(account, order, to);
                var (from, ends) = (way.LastOrDefault() ?? "placed", next.Contains(to) ? to : way.LastOrDefault() ?? "placed");
                if (next.Contains(to)) Assert.Equal(to, (await answer.JsonAsync(HttpStatusCode.OK))
                    .GetProperty("status").GetString());
                else
                {
                    var problem = await answer.ProblemAsync(HttpStatusCode.Conflict);
                    Assert.Equal(from, problem.GetProperty("state").GetString());
                    Assert.Equal(next, problem.GetProperty("allowed").EnumerateArray().Select(s => s.GetString()));
                    problem.AssertNames("status");
                }
                Assert.Equal(ends, (await account.Client.GetFromJsonAsync<JsonElement>(order)).GetProperty("status").GetString());
                if (ends != "cancelled") taken++;
            }
        }
        Assert.Equal(1000 - taken, await StockAsync(account, product));
    }

    [Fact]
    public async Task Of_those_who_cancel_and_deliver_at_once_one_has_their_way_and_stock_comes_back_once_or_not_at_all()
    {
        using var account = await api.RegisterAsync();
        var (patient, product) = (await account.CreatePatientAsync(), await account.CreateProductAsync(stock: 5));
        for (var round = 0; round < 3; round++)
        {
            var before = await StockAsync(account, product);
            var order = await PlaceAsync(account, patient, product);
            await (await MoveAsync(account, order, "ready")).JsonAsync(HttpStatusCode.OK);
            var answers = await Task.WhenAll(Enumerable.Range(0, 9).Select(i => (i % 3) switch
            {
                0 => account.Client.PostAsync($"{order}/cancel", null),
                1 => MoveAsync(account, order, "cancelled"),
                _ => MoveAsync(account, order, "delivered"),
            }));
            Assert.All(answers, a => Assert.True(a.StatusCode is HttpStatusCode.OK or HttpStatusCode.Conflict));
            var state = (await account.Client.GetFromJsonAsync<JsonElement>(order)).GetProperty("status").GetString();
            Assert.Equal(state == "cancelled" ? before : before - 1, await StockAsync(account, product));
            if (state == "delivered") Assert.Single(answers, a => a.StatusCode == HttpStatusCode.OK);
        }
    }

    [Fact]
    public async Task What_was_delivered_cannot_be_cancelled_by_either_route()
    {
        using var account = await api.RegisterAsync();
        var (patient, product) = (await account.CreatePatientAsync(), await account.CreateProductAsync(stock: 5));
        var order = await PlaceAsync(account, patient, product);
        await (await MoveAsync(account, order, "ready")).JsonAsync(HttpStatusCode.OK);
        await (await MoveAsync(account, order, "delivered")).JsonAsync(HttpStatusCode.OK);
        await (await account.Client.PostAsync($"{order}/cancel", null)).ProblemAsync(HttpStatusCode.Conflict);
        Assert.Equal(4, await StockAsync(account, product));
    }

    [Fact]
    public async Task A_move_is_for_the_state_that_was_seen_and_for_the_company_whose_order_it_is()
    {
        using var account = await api.RegisterAsync();
        using var stranger = await api.RegisterAsync();
        var (patient, product) = (await account.CreatePatientAsync(), await account.CreateProductAsync(stock: 5));
        var order = await PlaceAsync(account, patient, product);
        var seen = $"{(await account.Client.GetAsync(order)).Headers.ETag}";
        await (await account.Client.PatchAsync(order, """{"notes":"Wait!"}""")).JsonAsync(HttpStatusCode.OK);
        foreach (var (path, body) in ((string, string?)[])
            [($"{order}/status", """{"status":"ready"}"""), ($"{order}/cancel", null)])
            await (await account.Client.IfMatchAsync(HttpMethod.Post, path, seen, body))
                .ProblemAsync(HttpStatusCode.PreconditionFailed);
        await (await MoveAsync(stranger, order, "ready")).ProblemAsync(HttpStatusCode.NotFound);
        foreach (var body in (string[])["{\"status\":\"eaten\"}", "{\"status\":null}", "{}", "null"])
            await (await account.Client.PostAsync($"{order}/status", Responses.Json(body)))
                .ProblemAsync(HttpStatusCode.BadRequest);
        Assert.Equal("placed", (await account.Client.GetFromJsonAsync<JsonElement>(order)).GetProperty("status").GetString());
    }

    private static async Task<string> PlaceAsync(Account account, Guid patient, Guid product)
    {
        var placed = await account.Client.PostJsonAsync(
            "/api/v1/orders", new { patientId = patient, lines = new[] { new { productId = product, quantity = 1 } } });
        Assert.Equal(HttpStatusCode.Created, placed.StatusCode);
        return placed.Headers.Location!.OriginalString;
    }

    private static Task<HttpResponseMessage> MoveAsync(Account account, string order, string status)
        => account.Client.PostJsonAsync($"{order}/status", new { status });

    private static async Task<int> StockAsync(Account account, Guid product)
        => (await account.Client.GetFromJsonAsync<JsonElement>($"/api/v1/products/{product}")).GetProperty("stock").GetInt32();
}
