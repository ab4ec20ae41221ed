using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Modules.Cards;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Modules.Cards;

[Collection(ApiTests.Name)]
public sealed class PackTests(ApiFixture api)
{
    [Fact]
    public async Task A_pack_keeps_the_commitment_that_was_shown_before_and_is_drawn_again_from_its_seeds()
    {
        using var account = await Account.RegisterAsync(api.Address);
        var next = (await account.Client.ReadAsync($"{CardsSupport.Packs}/next")).Text("commitment");
        Assert.Equal(next, (await account.Client.ReadAsync($"{CardsSupport.Packs}/next")).Text("commitment"));
        foreach (var clientSeed in (string?[])["dice:4", null, "~!"])
        {
            var body = JsonSerializer.Serialize(new { clientSeed, commitment = next });
            var response = await account.Client.PostPackAsync(body);
            var opened = await response.JsonAsync(HttpStatusCode.Created);
            var pack = opened.GetProperty("pack");
            Assert.Equal(response.Headers.Location?.OriginalString, $"{CardsSupport.Packs}/{PracticeSupport.Id(pack)}");
            Assert.Equal(pack.ToString(), (await account.Client.ReadAsync(response.Headers.Location!.OriginalString)).ToString());

            var seed = Convert.FromHexString(pack.Text("seed"));
            Assert.Equal(next, Convert.ToHexStringLower(SHA256.HashData(seed)));
            Assert.Equal(next, pack.Text("commitment"));
            Assert.Equal(clientSeed ?? "", pack.Text("clientSeed"));
            Assert.Equal(PackDraw.Version, pack.GetProperty("algorithmVersion").GetInt32());
            Assert.Equal(
                PackDraw.Draw(seed, clientSeed ?? "").Select(c => (c.Card, c.Tier.ToString().ToLowerInvariant())),
                pack.Items("cards").Select(c => (c.Text("card"), c.Text("tier"))));
            next = opened.Text("nextCommitment");
        }
        Assert.Equal(next, (await account.Client.ReadAsync($"{CardsSupport.Packs}/next")).Text("commitment"));
        await (await account.Client.PostPackAsync($$"""{"commitment":"{{new string('0', 64)}}"}"""))
            .ProblemAsync(HttpStatusCode.Conflict);
        Assert.Equal(3, (await account.Client.ReadAsync(CardsSupport.Packs)).Items().Length);
    }

    [Fact]
    public async Task The_same_request_at_once_and_again_opens_one_pack()
    {
        using var account = await Account.RegisterAsync(api.Address);
        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => account.Client.PostPackAsync(key: "once")));
        var opened = answers.Where(a => a.StatusCode == HttpStatusCode.Created).ToList();
        Assert.NotEmpty(opened);
        Assert.All(answers.Except(opened), a => Assert.Equal(HttpStatusCode.Conflict, a.StatusCode));
        var packs = await Task.WhenAll(opened.Append(await account.Client.PostPackAsync(key: "once"))
            .Select(async a => PracticeSupport.Id((await a.JsonAsync(HttpStatusCode.Created)).GetProperty("pack"))));
        var pack = Assert.Single(packs.Distinct());
        Assert.Equal(pack, PracticeSupport.Id(Assert.Single((await account.Client.ReadAsync(CardsSupport.Packs)).Items())));
        Assert.Equal(5, (await account.Client.ReadAsync("/api/v1/cards")).Items().Length);

        var problem = await (await account.Client.PostJsonAsync(CardsSupport.Packs, new { }))
            .ProblemAsync(HttpStatusCode.BadRequest);
        Assert.Contains("Idempotency-Key", problem.Text("detail"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Packs_that_are_opened_at_once_have_seeds_of_their_own()
    {
        using var account = await Account.RegisterAsync(api.Address);
        // Nobody asked for the first commitment: those who find no seed agree on one all the same.
        var opened = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => account.Client.OpenPackAsync()));
        Assert.Equal(8, opened.Select(o => o.GetProperty("pack").Text("seed")).Distinct().Count());
        // One chain: each but the first was announced by another.
        Assert.Equal(7, opened.Select(o => o.GetProperty("pack").Text("commitment")).Intersect(
            opened.Select(o => o.Text("nextCommitment"))).Count());
    }

    [Fact]
    public async Task A_seed_that_nobody_can_read_any_more_is_chosen_anew_and_that_shows()
    {
        using var account = await Account.RegisterAsync(api.Address);
        var shown = (await account.Client.ReadAsync($"{CardsSupport.Packs}/next")).Text("commitment");
        // What a new ScaleHub:Secret does to it.
        await NodeSql.AskAsync<int>(api.Database.Owner, $"""
            with changed as (update user_next_seeds set sealed_seed = sha256('other') || sha256('one')
                where user_id = '{account.UserId}' returning 1)
            select count(*)::int from changed
            """);
        await (await account.Client.PostPackAsync($$"""{"commitment":"{{shown}}"}""")).ProblemAsync(HttpStatusCode.Conflict);
        var next = (await account.Client.ReadAsync($"{CardsSupport.Packs}/next")).Text("commitment");
        Assert.NotEqual(shown, next);
        var opened = await account.Client.OpenPackAsync($$"""{"commitment":"{{next}}"}""");
        Assert.Equal(next, opened.GetProperty("pack").Text("commitment"));
    }

    [Fact]
    public async Task Cards_are_listed_by_tier_newest_first_for_their_owner_alone()
    {
        using var account = await Account.RegisterAsync(api.Address);
        var colleague = await account.AddAsync(Roles.Member);
        using var stranger = await Account.RegisterAsync(api.Address);
        List<JsonElement> packs = [];
        for (var i = 0; i < 4; i++) packs.Add((await account.Client.OpenPackAsync()).GetProperty("pack"));
        var drawn = packs.SelectMany(p => p.Items("cards"))
            .Select(c => (Id: PracticeSupport.Id(c), Tier: c.Text("tier"))).ToList();

        List<Guid> walked = [];
        for (var cursor = ""; ;)
        {
            var page = await account.Client.ReadAsync($"/api/v1/cards?limit=3{cursor}");
            walked.AddRange(page.Items().Select(PracticeSupport.Id));
            if (!page.GetProperty("page").GetProperty("hasMore").GetBoolean()) break;
            cursor = $"&cursor={page.GetProperty("page").Text("nextCursor")}";
        }
        Assert.Equal(drawn.Select(c => c.Id).OrderDescending(), walked);
        foreach (var tier in Enum.GetNames<CardTier>().Select(n => n.ToLowerInvariant()))
            Assert.Equal(drawn.Where(c => c.Tier == tier).Select(c => c.Id).OrderDescending(),
                (await account.Client.ReadAsync($"/api/v1/cards?tier={tier}")).Items().Select(PracticeSupport.Id));
        Assert.Equal(packs.Select(PracticeSupport.Id).OrderDescending(),
            (await account.Client.ReadAsync(CardsSupport.Packs)).Items().Select(PracticeSupport.Id));

        foreach (var token in (string[])[colleague.Access, stranger.AccessToken])
        {
            var pack = $"{CardsSupport.Packs}/{PracticeSupport.Id(packs[0])}";
            await (await api.Client.SendAsync(token, pack)).ProblemAsync(HttpStatusCode.NotFound);
            foreach (var list in (string[])["/api/v1/cards", CardsSupport.Packs])
                Assert.Empty((await (await api.Client.SendAsync(token, list)).JsonAsync(HttpStatusCode.OK)).Items());
        }
    }

    [Fact]
    public async Task The_published_odds_are_those_of_the_catalogue()
    {
        using var client = api.CreateClient();
        var odds = await client.ReadAsync("/api/v1/cards/odds");
        Assert.Equal(
            (PackDraw.Version, PackDraw.Cards, CardCatalogue.TotalWeight),
            (Number(odds, "algorithmVersion"), Number(odds, "cardsPerPack"), Number(odds, "totalWeight")));
        Assert.Equal(
            CardCatalogue.Tiers.Select(t => (t.Tier.ToString().ToLowerInvariant(), t.Weight, string.Join(',', t.Cards))),
            odds.Items("tiers").Select(t => (t.Text("tier"), Number(t, "weight"), string.Join(',', t.Items("cards")))));

        static int Number(JsonElement answer, string name) => answer.GetProperty(name).GetInt32();
    }

    [Theory]
    [InlineData("""{"clientSeed":""}""")]
    [InlineData("""{"clientSeed":"a b"}""")]
    [InlineData("""{"clientSeed":"ä"}""")]
    [InlineData("""{"clientSeed":"a\u0000"}""")]
    [InlineData("""{"clientSeed":"a\n"}""")]
    [InlineData("""{"clientSeed":5}""")]
    [InlineData("""{"clientSeed":"01234567890123456789012345678901234567890123456789012345678901234"}""")]
    [InlineData("""{"commitment":"0"}""")]
    [InlineData("""{"commitment":"ZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZ"}""")]
    [InlineData("""{"shownName":""}""")]
    [InlineData("""{"shownName":"   "}""")]
    [InlineData("""{"shownName":"a\nb"}""")]
    [InlineData("""{"shownName":"a\u0000"}""")]
    [InlineData("""{"shownName":"a\u202eb"}""")]
    [InlineData("""{"shownName":"\u200d\u200c"}""")]
    [InlineData("""{"shownName":"a\ud800"}""")]
    [InlineData("""{"shownName":"012345678901234567890123456789012345678901234567890"}""")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("")]
    public async Task What_is_no_request_is_refused_and_opens_nothing(string body)
    {
        using var account = await Account.RegisterAsync(api.Address);
        await (await account.Client.PostPackAsync(body)).ProblemAsync(HttpStatusCode.BadRequest);
        Assert.Empty((await account.Client.ReadAsync(CardsSupport.Packs)).Items());
    }
}
