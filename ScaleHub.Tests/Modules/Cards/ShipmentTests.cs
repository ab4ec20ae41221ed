using System.Net;
using System.Text.Json;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Modules.Cards;

[Collection(ApiTests.Name)]
public sealed class ShipmentTests(ApiFixture api)
{
    // Where from, where to: all that is allowed. Everything else is refused.
    private static readonly (string From, string To)[] Allowed =
    [
        ("requested", "packed"), ("requested", "cancelled"), ("packed", "shipped"), ("packed", "cancelled"),
        ("shipped", "delivered"),
    ];

    private static readonly string[] States = ["requested", "packed", "shipped", "delivered", "cancelled"];

    private static readonly Dictionary<string, string[]> WayTo = new()
    {
        ["requested"] = [],
        ["packed"] = ["packed"],
        ["shipped"] = ["packed", "shipped"],
        ["delivered"] = ["packed", "shipped", "delivered"],
        ["cancelled"] = ["cancelled"],
    };

    [Fact]
    public async Task A_shipment_is_read_back_and_listed_and_goes_its_way()
    {
        using var account = await Account.RegisterAsync(api.Address);
        var cards = await account.Client.DrawCardsAsync();
        var response = await account.Client.PostShipmentAsync(cards[0], cards[1]);
        var shipment = await response.JsonAsync(HttpStatusCode.Created);
        Assert.Equal(cards.Take(2), shipment.Items("cards").Select(PracticeSupport.Id).Order());
        Assert.Equal(shipment.ToString(), (await account.Client.ReadAsync(response.Headers.Location!.OriginalString)).ToString());
        Assert.Equal(2, (await account.Client.ReadAsync("/api/v1/cards")).Items()
            .Count(c => c.GetProperty("shipmentId").GetString() == shipment.Text("id")));

        var id = PracticeSupport.Id(shipment);
        foreach (var state in WayTo["delivered"])
        {
            Assert.Equal(state, (await (await account.Client.MoveAsync(id, state)).JsonAsync(HttpStatusCode.OK)).Text("status"));
            foreach (var list in (string[])[CardsSupport.Shipments, $"{CardsSupport.Shipments}/all"])
            {
                var listed = Assert.Single((await account.Client.ReadAsync($"{list}?status={state}")).Items());
                Assert.Equal((id, 2), (PracticeSupport.Id(listed), listed.Items("cards").Length));
                Assert.Empty((await account.Client.ReadAsync($"{list}?status=requested")).Items());
            }
        }
        Assert.Equal("TRACK-1", (await account.Client.ReadAsync($"{CardsSupport.Shipments}/{id}")).Text("trackingCode"));
    }

    [Fact]
    public async Task Every_step_that_is_not_in_the_table_is_refused_and_says_what_is()
    {
        using var account = await Account.RegisterAsync(api.Address);
        var cards = await account.Client.DrawCardsAsync();
        foreach (var (from, card) in States.Zip(cards))
        {
            var id = await account.Client.ShipAsync(card);
            foreach (var step in WayTo[from]) await (await account.Client.MoveAsync(id, step)).JsonAsync(HttpStatusCode.OK);
            var allowed = Allowed.Where(a => a.From == from).Select(a => a.To).ToList();
            foreach (var to in States.Except(allowed))
                await RefusedAsync(await account.Client.MoveAsync(id, to), from, allowed);
            // Who asked for it can call it off while it is requested, and not later.
            if (from != "requested")
                await RefusedAsync(await account.Client.PostAsync($"{CardsSupport.Shipments}/{id}/cancel", null), from, []);
            Assert.Equal(from, (await account.Client.ReadAsync($"{CardsSupport.Shipments}/{id}")).Text("status"));
        }

        static async Task RefusedAsync(HttpResponseMessage answer, string from, IEnumerable<string> allowed)
        {
            var problem = await answer.ProblemAsync(HttpStatusCode.Conflict);
            Assert.Equal(from, problem.Text("state"));
            Assert.Equal(allowed, problem.Items("allowed").Select(a => a.GetString()));
            Assert.Contains(from, problem.Text("detail"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Of_many_who_ship_the_same_card_at_once_one_does()
    {
        using var account = await Account.RegisterAsync(api.Address);
        var cards = await account.Client.DrawCardsAsync();
        // In either order, which would deadlock if the cards were locked as they come.
        var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => i % 2 == 0
            ? account.Client.PostShipmentAsync(cards[0], cards[1]) : account.Client.PostShipmentAsync(cards[1], cards[0])));
        Assert.Single(answers, a => a.StatusCode == HttpStatusCode.Created);
        foreach (var answer in answers.Where(a => a.StatusCode != HttpStatusCode.Created))
            Assert.Equal(cards.Take(2), (await answer.ProblemAsync(HttpStatusCode.Conflict)).Items("cardIds")
                .Select(c => c.GetGuid()));
        // All or nothing: the card that is free stays free.
        await (await account.Client.PostShipmentAsync(cards[2], cards[0])).ProblemAsync(HttpStatusCode.Conflict);
        await account.Client.ShipAsync(cards[2]);
    }

    [Fact]
    public async Task Of_many_who_move_or_cancel_a_shipment_at_once_one_does_and_cancelling_frees_its_cards()
    {
        using var account = await Account.RegisterAsync(api.Address);
        var cards = await account.Client.DrawCardsAsync();
        var id = await account.Client.ShipAsync(cards);
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => i % 2 == 0
            ? account.Client.MoveAsync(id, "packed") : account.Client.PostAsync($"{CardsSupport.Shipments}/{id}/cancel", null)));
        Assert.Single(answers, a => a.StatusCode == HttpStatusCode.OK);
        Assert.Equal(7, answers.Count(a => a.StatusCode == HttpStatusCode.Conflict));
        if (answers.Single(a => a.StatusCode == HttpStatusCode.OK).RequestMessage!.RequestUri!.AbsolutePath.EndsWith("/status",
            StringComparison.Ordinal))
            await (await account.Client.MoveAsync(id, "cancelled")).JsonAsync(HttpStatusCode.OK);
        Assert.Empty((await account.Client.ReadAsync($"{CardsSupport.Shipments}/{id}")).Items("cards"));
        await account.Client.ShipAsync(cards);
    }

    [Fact]
    public async Task The_same_request_again_asks_for_one_shipment()
    {
        using var account = await Account.RegisterAsync(api.Address);
        var card = (await account.Client.DrawCardsAsync())[0];
        var body = Body(card);
        List<string> answers = [];
        for (var i = 0; i < 2; i++)
            answers.Add((await (await account.Client.PostOnceAsync(CardsSupport.Shipments, "k", body))
                .JsonAsync(HttpStatusCode.Created)).ToString());
        Assert.Equal(answers[0], answers[1]);
        Assert.Single((await account.Client.ReadAsync(CardsSupport.Shipments)).Items());
    }

    [Fact]
    public async Task The_packing_room_is_for_admins_and_what_is_somebody_elses_does_not_exist()
    {
        using var account = await Account.RegisterAsync(api.Address);
        using var stranger = await Account.RegisterAsync(api.Address);
        var member = await account.AddAsync(Roles.Member);
        var admin = await account.AddAsync(Roles.Admin);
        using var members = At(member.Access);
        using var admins = At(admin.Access);
        var cards = await members.DrawCardsAsync();
        var id = await members.ShipAsync(cards[0]);

        await (await members.GetAsync($"{CardsSupport.Shipments}/all")).ProblemAsync(HttpStatusCode.Forbidden);
        await (await members.MoveAsync(id, "packed")).ProblemAsync(HttpStatusCode.Forbidden);
        foreach (var other in (HttpClient[])[admins, account.Client, stranger.Client])
        {
            await (await other.GetAsync($"{CardsSupport.Shipments}/{id}")).ProblemAsync(HttpStatusCode.NotFound);
            await (await other.PostAsync($"{CardsSupport.Shipments}/{id}/cancel", null)).ProblemAsync(HttpStatusCode.NotFound);
            Assert.Empty((await other.ReadAsync(CardsSupport.Shipments)).Items());
            var problem = await (await other.PostShipmentAsync(cards[1])).ProblemAsync(HttpStatusCode.BadRequest);
            Assert.Equal("You have no such card.", problem.GetProperty("errors").GetProperty("cardIds[0]")[0].GetString());
        }
        await (await stranger.Client.MoveAsync(id, "packed")).ProblemAsync(HttpStatusCode.NotFound);
        Assert.Empty((await stranger.Client.ReadAsync($"{CardsSupport.Shipments}/all")).Items());

        Assert.Equal(member.Id, Assert.Single((await admins.ReadAsync($"{CardsSupport.Shipments}/all?status=requested")).Items())
            .GetProperty("userId").GetGuid());
        await (await admins.MoveAsync(id, "packed")).JsonAsync(HttpStatusCode.OK);
        Assert.Equal("packed", (await members.ReadAsync($"{CardsSupport.Shipments}/{id}")).Text("status"));
    }

    [Fact]
    public async Task What_is_no_request_is_refused_and_takes_no_card()
    {
        using var account = await Account.RegisterAsync(api.Address);
        var card = (await account.Client.DrawCardsAsync())[0];
        List<string> bodies =
        [
            "", "{}", "null", "[]", "{", Body("[]"), Body("null"), Body("[null]"), Body("[\"x\"]"),
            Body($"[\"{card}\",\"{card}\"]"), Body($"[\"{card}\",\"{Guid.NewGuid()}\"]"), Body($"[\"{Guid.Empty}\"]"),
            Body($"[{string.Join(',', Enumerable.Range(0, 21).Select(_ => $"\"{Guid.NewGuid()}\""))}]"),
        ];
        foreach (var member in (string[])["recipient", "line1", "line2", "city", "postalCode", "country"])
        {
            string[] values = ["5", "\"\"", "\"a\\u0000\"", "\"a\\u001b[2J\"", "\"a\\ud800\"", $"\"{new string('x', 201)}\""];
            bodies.AddRange(values.Select(value => Body(card, member, value)));
            if (member != "line2") bodies.AddRange([Body(card, member, "null"), Body(card, member, "\"  \"")]);
        }
        bodies.AddRange(((string[])["\"de\"", "\"DEU\"", "\"D\"", "\"D\\n\"", "\"ÄÖ\""]).Select(c => Body(card, "country", c)));
        await RefuseAsync(CardsSupport.Shipments, bodies);
        Assert.Empty((await account.Client.ReadAsync(CardsSupport.Shipments)).Items());

        var status = $"{CardsSupport.Shipments}/{await account.Client.ShipAsync(card)}/status";
        await RefuseAsync(status,
        [
            "", "{}", """{"status":null}""", """{"status":1}""", """{"status":"lost"}""", """{"status":"shipped"}""",
            """{"status":"shipped","trackingCode":""}""", """{"status":"shipped","trackingCode":"  "}""",
            """{"status":"shipped","trackingCode":"a\u0000"}""", """{"status":"packed","trackingCode":"a"}""",
            $$"""{"status":"shipped","trackingCode":"{{new string('x', 101)}}"}""",
        ]);
        foreach (var path in (string[])["cards?tier=mythic", "cards?tier=", "cards?limit=0", "cards/packs?cursor=%00",
            "cards/shipments?status=lost", "cards/shipments/all?status=0", "cards/shipments?limit=x"])
            await (await account.Client.GetAsync($"/api/v1/{path}")).ProblemAsync(HttpStatusCode.BadRequest);
        foreach (var path in (string[])["cards/packs/x", $"cards/packs/{Guid.NewGuid()}", $"cards/shipments/{Guid.Empty}"])
            await (await account.Client.GetAsync($"/api/v1/{path}")).ProblemAsync(HttpStatusCode.NotFound);

        async Task RefuseAsync(string path, List<string> refused)
        {
            foreach (var body in refused)
            {
                var answer = await account.Client.PostAsync(path, Responses.Json(body));
                Assert.True(answer.StatusCode == HttpStatusCode.BadRequest, $"{answer.StatusCode} for {body}");
                await answer.ProblemAsync(HttpStatusCode.BadRequest);
            }
        }
    }

    /// <summary>A valid request, but for the cards or one member, which is JSON as it stands.</summary>
    private static string Body(object cards, string? member = null, string? value = null)
    {
        Dictionary<string, string> members = new()
        {
            ["cardIds"] = cards is Guid card ? $"[\"{card}\"]" : (string)cards,
            ["recipient"] = "\"Ada\"",
            ["line1"] = "\"1 Street\"",
            ["city"] = "\"London\"",
            ["postalCode"] = "\"1\"",
            ["country"] = "\"GB\"",
        };
        if (member is not null) members[member] = value!;
        return $"{{{string.Join(',', members.Select(m => $"{JsonSerializer.Serialize(m.Key)}:{m.Value}"))}}}";
    }

    private HttpClient At(string token)
    {
        var client = api.CreateClient();
        client.DefaultRequestHeaders.Authorization = new("Bearer", token);
        return client;
    }
}
