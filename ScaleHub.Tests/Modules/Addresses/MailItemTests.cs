using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ScaleHub.Testing;
using ScaleHub.Tests.Modules.Tasks;
using ScaleHub.Tests.Support;
using static ScaleHub.Tests.Modules.Addresses.AddressesSupport;

namespace ScaleHub.Tests.Modules.Addresses;

/// <summary>What comes by mail, and what becomes of it.</summary>
[Collection(ApiTests.Name)]
public sealed class MailItemTests(ApiFixture api)
{
    [Fact]
    public async Task Mail_is_recorded_and_charged_once_for_a_key_and_its_owner_is_told_once()
    {
        using var account = await api.RegisterAsync();
        using var member = await account.ColleagueAsync(api.Database.Owner);
        var address = await member.CreateAddressAsync();
        const string Letter = """{"kind":"parcel","sender":"Tax Office","weightGrams":20}""";
        await (await account.Client.PostAsync(MailOf(address), Responses.Json(Letter))).ProblemAsync(HttpStatusCode.BadRequest);
        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => account.Client.PostOnceAsync(MailOf(address), "k", Letter)));
        var answer = await account.Client.PostOnceAsync(MailOf(address), "k", Letter);
        var item = await answer.JsonAsync(HttpStatusCode.Created);
        Assert.Equal(item.ToString(), (await member.GetFromJsonAsync<JsonElement>(answer.Headers.Location)).ToString());
        Assert.Equal([PracticeSupport.Id(item)], await member.IdsAsync(MailOf(address)));
        Assert.Equal(
            [$"address.month {PracticeSupport.Id(address)}", $"mail.received {PracticeSupport.Id(item)}"],
            await api.ChargesAsync(account));
        Assert.Equal([$"{address.GetProperty("userId")}"], await PostgresServer.QueryAsync(api.Database.Owner, $"""
            select payload ->> 'userId' from jobs where company_id = '{account.CompanyId}' and kind = 'notifications.notify'
                and payload ->> 'about' = 'mailReceived' and payload ->> 'subjectId' = '{PracticeSupport.Id(item)}'
            """));
    }

    [Fact]
    public async Task The_mail_room_lists_by_address_and_state_and_members_do_not_use_it()
    {
        using var account = await api.RegisterAsync();
        using var member = await account.ColleagueAsync(api.Database.Owner);
        var (first, second) = (await member.CreateAddressAsync(), await account.Client.CreateAddressAsync());
        var items = new List<Guid>();
        foreach (var address in (JsonElement[])[first, first, second]) items.Add(await account.Client.ReceiveAsync(address));
        await (await member.PostAsync($"/api/v1/mail-items/{items[0]}/shred", null)).JsonAsync(HttpStatusCode.OK);

        Assert.Equal(items.ToHashSet(), [.. await account.Client.IdsAsync("/api/v1/mail-items")]);
        Assert.Equal([items[0]], await account.Client.IdsAsync("/api/v1/mail-items?status=shredded"));
        Assert.Equal([items[1]], await account.Client.IdsAsync($"{MailOf(first)}?status=received"));
        Assert.Equal([items[2]], await account.Client.IdsAsync(MailOf(second)));
        await (await member.GetAsync("/api/v1/mail-items")).ProblemAsync(HttpStatusCode.Forbidden);
        await (await member.PostOnceAsync(MailOf(first), "k", "{}")).ProblemAsync(HttpStatusCode.Forbidden);
        await (await member.MoveAsync(Guid.NewGuid(), "delivered")).ProblemAsync(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Anothers_mail_does_not_exist()
    {
        using var account = await api.RegisterAsync();
        using var member = await account.ColleagueAsync(api.Database.Owner);
        using var stranger = await api.RegisterAsync();
        var item = await account.Client.ReceiveAsync(await account.Client.CreateAddressAsync());
        var forwarding = await account.Client.ForwardAsync(item);
        foreach (var client in (HttpClient[])[member, stranger.Client])
        {
            await (await client.GetAsync($"/api/v1/mail-items/{item}")).ProblemAsync(HttpStatusCode.NotFound);
            await (await client.PostAsync($"/api/v1/mail-items/{item}/shred", null)).ProblemAsync(HttpStatusCode.NotFound);
            await (await client.AskToForwardAsync(item)).ProblemAsync(HttpStatusCode.NotFound);
            await (await client.GetAsync($"/api/v1/forwardings/{forwarding}")).ProblemAsync(HttpStatusCode.NotFound);
            await (await client.PostAsync($"/api/v1/forwardings/{forwarding}/cancel", null))
                .ProblemAsync(HttpStatusCode.NotFound);
            Assert.Empty(await client.IdsAsync("/api/v1/forwardings"));
        }
        await (await stranger.Client.MoveAsync(forwarding, "shipped", "X")).ProblemAsync(HttpStatusCode.NotFound);
        Assert.Equal("requested", await account.Client.StatusAsync($"/api/v1/forwardings/{forwarding}"));
    }

    [Fact]
    public async Task A_mail_item_is_forwarded_once_whoever_asks_and_is_charged_once_it_is_shipped()
    {
        using var account = await api.RegisterAsync();
        using var member = await account.ColleagueAsync(api.Database.Owner);
        var address = await member.CreateAddressAsync();
        var item = await account.Client.ReceiveAsync(address);
        var answers = await Task.WhenAll(Enumerable.Range(0, 8)
            .Select(i => (i % 2 == 0 ? member : account.Client).AskToForwardAsync(item)));
        var forwarding = PracticeSupport.Id(await Assert.Single(answers, a => a.StatusCode == HttpStatusCode.Created)
            .JsonAsync(HttpStatusCode.Created));
        foreach (var loser in answers.Where(a => a.StatusCode != HttpStatusCode.Created))
            await loser.ProblemAsync(HttpStatusCode.Conflict);
        // Whoever asked, it is its owner's.
        Assert.Equal([forwarding], await member.IdsAsync("/api/v1/forwardings?status=requested"));
        Assert.Equal(2, (await api.ChargesAsync(account)).Count);
        await (await member.PostAsync($"/api/v1/mail-items/{item}/shred", null)).ProblemAsync(HttpStatusCode.Conflict);

        // Called off, it can be asked for again.
        await (await member.PostAsync($"/api/v1/forwardings/{forwarding}/cancel", null)).JsonAsync(HttpStatusCode.OK);
        forwarding = await member.ForwardAsync(item);
        var shipped = await Task.WhenAll(Enumerable.Range(0, 5)
            .Select(_ => account.Client.MoveAsync(forwarding, "shipped", "JD1")));
        Assert.Single(shipped, a => a.StatusCode == HttpStatusCode.OK);
        Assert.Equal(4, shipped.Count(a => a.StatusCode == HttpStatusCode.Conflict));
        Assert.Equal("forwarded", await member.StatusAsync($"/api/v1/mail-items/{item}"));
        Assert.Equal([$"mail.forwarded {forwarding}"],
            (await api.ChargesAsync(account)).Where(c => c.StartsWith("mail.forwarded", StringComparison.Ordinal)));
        await (await member.PostAsync($"/api/v1/forwardings/{forwarding}/cancel", null)).ProblemAsync(HttpStatusCode.Conflict);
        await (await member.AskToForwardAsync(item)).ProblemAsync(HttpStatusCode.Conflict);
        await (await account.Client.MoveAsync(forwarding, "delivered")).JsonAsync(HttpStatusCode.OK);
        Assert.Equal("JD1", (await member.GetFromJsonAsync<JsonElement>($"/api/v1/forwardings/{forwarding}"))
            .GetProperty("trackingCode").GetString());
    }

    [Fact]
    public async Task From_every_state_a_forwarding_goes_where_it_can_and_nowhere_else()
    {
        using var account = await api.RegisterAsync();
        var address = await account.Client.CreateAddressAsync();
        (string[] Way, string[] Next)[] ways =
        [
            ([], ["shipped", "cancelled"]), (["shipped"], ["delivered"]), (["shipped", "delivered"], []), (["cancelled"], []),
        ];
        foreach (var (way, next) in ways)
        {
            foreach (var to in (string[])["requested", "shipped", "delivered", "cancelled"])
            {
                var forwarding = await account.Client.ForwardAsync(await account.Client.ReceiveAsync(address));
                foreach (var step in way) await (await MoveAsync(forwarding, step)).JsonAsync(HttpStatusCode.OK);
                var answer = await MoveAsync(forwarding, to);
                if (next.Contains(to)) await answer.JsonAsync(HttpStatusCode.OK);
                else
                {
                    var problem = await answer.ProblemAsync(HttpStatusCode.Conflict);
                    Assert.Equal(next, problem.GetProperty("allowed").EnumerateArray().Select(s => s.GetString()));
                }
                Assert.Equal(next.Contains(to) ? to : way.LastOrDefault() ?? "requested",
                    await account.Client.StatusAsync($"/api/v1/forwardings/{forwarding}"));
            }
        }

        Task<HttpResponseMessage> MoveAsync(Guid forwarding, string to)
            => account.Client.MoveAsync(forwarding, to, to == "shipped" ? "JD1" : null);
    }

    [Fact]
    public async Task Of_shredding_and_forwarding_at_once_one_happens()
    {
        using var account = await api.RegisterAsync();
        var address = await account.Client.CreateAddressAsync();
        for (var round = 0; round < 5; round++)
        {
            var item = await account.Client.ReceiveAsync(address);
            var answers = await Task.WhenAll(
                account.Client.PostAsync($"/api/v1/mail-items/{item}/shred", null), account.Client.AskToForwardAsync(item));
            Assert.Single(answers, a => a.IsSuccessStatusCode);
            Assert.Equal(answers[0].IsSuccessStatusCode ? "shredded" : "received",
                await account.Client.StatusAsync($"/api/v1/mail-items/{item}"));
        }
    }

    [Fact]
    public async Task What_is_refused_changes_nothing()
    {
        using var account = await api.RegisterAsync();
        var address = await account.Client.CreateAddressAsync();
        var item = await account.Client.ReceiveAsync(address);
        var forwarding = await account.Client.ForwardAsync(item);
        (string Path, string Body)[] refused =
        [
            (MailOf(address), """{"kind":"whale"}"""), (MailOf(address), """{"weightGrams":0}"""),
            (MailOf(address), """{"sender":""}"""),
            (MailOf(address), """{"weightGrams":100001}"""), (MailOf(address), """{"status":"scanned"}"""),
            (MailOf(address), "null"),
            ($"/api/v1/mail-items/{item}/forwardings", """{"recipient":"a"}"""), ($"/api/v1/mail-items/{item}/forwardings", "[]"),
            ($"/api/v1/forwardings/{forwarding}/status", """{"status":"shipped"}"""),
            ($"/api/v1/forwardings/{forwarding}/status", """{"status":"shipped","trackingCode":" "}"""),
            ($"/api/v1/forwardings/{forwarding}/status", """{"status":"cancelled","trackingCode":"JD1"}"""),
            ($"/api/v1/forwardings/{forwarding}/status", """{"status":"lost"}"""),
        ];
        foreach (var (path, body) in refused)
        {
            var answer = await account.Client.PostOnceAsync(path, $"{Guid.NewGuid()}", body);
            Assert.True(answer.StatusCode == HttpStatusCode.BadRequest, $"{answer.StatusCode} for {path} {body}");
            await answer.ProblemAsync(HttpStatusCode.BadRequest);
        }
        await (await account.Client.PostOnceAsync($"/api/v1/addresses/{Guid.NewGuid()}/mail-items", "none", "{}"))
            .ProblemAsync(HttpStatusCode.NotFound);
        Assert.Equal([item], await account.Client.IdsAsync(MailOf(address)));
        Assert.Equal([forwarding], await account.Client.IdsAsync("/api/v1/forwardings?status=requested"));
        Assert.Equal(2, (await api.ChargesAsync(account)).Count);
    }
}
