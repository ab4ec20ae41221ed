using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ScaleHub.Testing;
using ScaleHub.Tests.Http.Caching;
using ScaleHub.Tests.Modules.Tasks;
using ScaleHub.Tests.Support;
using static ScaleHub.Tests.Modules.Addresses.AddressesSupport;

namespace ScaleHub.Tests.Modules.Addresses;

/// <summary>Virtual addresses: whose they are, what they cost, and when they end.</summary>
[Collection(ApiTests.Name)]
public sealed class AddressTests(ApiFixture api)
{
    private const string All = "/api/v1/addresses";

    [Fact]
    public async Task An_address_is_read_back_renamed_for_the_state_that_was_seen_and_listed()
    {
        using var account = await api.RegisterAsync();
        var created = await account.Client.PostOnceAsync(All, "a", Address);
        var address = await created.JsonAsync(HttpStatusCode.Created);
        var (path, tag) = (created.Headers.Location!.OriginalString, $"{created.Headers.ETag}");
        Assert.Equal(address.ToString(), (await account.Client.GetFromJsonAsync<JsonElement>(path)).ToString());
        Assert.Matches("^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){2}$", address.GetProperty("mailbox").GetString());
        Assert.Equal(account.UserId, address.GetProperty("userId").GetGuid());

        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(i =>
            account.Client.IfMatchAsync(HttpMethod.Patch, path, tag, $$"""{"name":"Name {{i}}"}""")));
        Assert.Single(answers, a => a.StatusCode == HttpStatusCode.OK);
        Assert.Equal(5, answers.Count(a => a.StatusCode == HttpStatusCode.PreconditionFailed));
        var mailbox = Uri.EscapeDataString(address.GetProperty("mailbox").GetString()!);
        foreach (var query in (string[])["", "?status=active", $"?userId={account.UserId}", $"?mailbox={mailbox}"])
            Assert.Equal([PracticeSupport.Id(address)], await account.Client.IdsAsync(All + query));
        foreach (var query in (string[])["?status=closed", $"?userId={Guid.NewGuid()}", "?mailbox=NONE"])
            Assert.Empty(await account.Client.IdsAsync(All + query));
    }

    [Fact]
    public async Task Who_begins_an_address_twice_with_one_key_has_one_and_is_charged_once()
    {
        using var account = await api.RegisterAsync();
        await (await account.Client.PostAsync(All, Responses.Json(Address))).ProblemAsync(HttpStatusCode.BadRequest);
        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => account.Client.PostOnceAsync(All, "k", Address)));
        var again = await account.Client.PostOnceAsync(All, "k", Address);
        var id = PracticeSupport.Id(await again.JsonAsync(HttpStatusCode.Created));
        Assert.Equal("true", again.Header("Idempotency-Replayed"));
        Assert.All(answers, a => Assert.True(a.StatusCode is HttpStatusCode.Created or HttpStatusCode.Conflict));
        Assert.Equal([id], await account.Client.IdsAsync(All));
        Assert.Equal([$"address.month {id}"], await api.ChargesAsync(account));
    }

    [Fact]
    public async Task A_plan_allows_so_many_addresses_at_a_time_and_one_that_is_closed_does_not_count()
    {
        using var account = await api.RegisterAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => account.Client.PostOnceAsync(All, $"{i}", Address)));
        Assert.Equal(2, answers.Count(a => a.StatusCode == HttpStatusCode.Created));
        Assert.Equal(6, answers.Count(a => a.StatusCode == HttpStatusCode.Forbidden));
        var path = answers.First(a => a.StatusCode == HttpStatusCode.Created).Headers.Location!.OriginalString;
        var closed = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => account.Client.PostAsync($"{path}/close", null)));
        foreach (var answer in closed)
            Assert.Equal("closed", (await answer.JsonAsync(HttpStatusCode.OK)).GetProperty("status").GetString());
        // One place came back, however many closed it.
        answers = await Task.WhenAll(Enumerable.Range(0, 4)
            .Select(i => account.Client.PostOnceAsync(All, $"again-{i}", Address)));
        Assert.Single(answers, a => a.StatusCode == HttpStatusCode.Created);
    }

    [Fact]
    public async Task Nothing_is_received_at_a_closed_address_also_when_it_is_closed_at_that_moment()
    {
        using var account = await api.RegisterAsync();
        var address = await account.Client.CreateAddressAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => i == 4
            ? account.Client.PostAsync($"{All}/{PracticeSupport.Id(address)}/close", null)
            : account.Client.PostOnceAsync(MailOf(address), $"{i}", "{}")));
        await (await account.Client.PostOnceAsync(MailOf(address), "late", "{}")).ProblemAsync(HttpStatusCode.Conflict);
        var received = answers.Count(a => a.StatusCode == HttpStatusCode.Created);
        Assert.Equal(received, (await account.Client.IdsAsync(MailOf(address))).Count);
        Assert.Equal(received, (await api.ChargesAsync(account))
            .Count(c => c.StartsWith("mail.received ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_member_has_addresses_and_sees_no_others()
    {
        using var account = await api.RegisterAsync();
        using var member = await account.ColleagueAsync(api.Database.Owner);
        using var stranger = await api.RegisterAsync();
        var (own, theirs) = (await member.CreateAddressAsync(), await account.Client.CreateAddressAsync());
        Assert.Equal([PracticeSupport.Id(own)], await member.IdsAsync(All));
        Assert.Equal([PracticeSupport.Id(own)], await member.IdsAsync($"{All}?userId={own.GetProperty("userId").GetGuid()}"));
        Assert.Empty(await member.IdsAsync($"{All}?userId={account.UserId}"));
        Assert.Equal(2, (await account.Client.IdsAsync(All)).Count);
        Assert.Empty(await stranger.Client.IdsAsync(All));

        foreach (var (client, address) in ((HttpClient, JsonElement)[])
            [(member, theirs), (stranger.Client, theirs), (stranger.Client, own)])
        {
            var path = $"{All}/{PracticeSupport.Id(address)}";
            await (await client.GetAsync(path)).ProblemAsync(HttpStatusCode.NotFound);
            await (await client.PatchAsync(path, """{"name":"Mine"}""")).ProblemAsync(HttpStatusCode.NotFound);
            await (await client.PostAsync($"{path}/close", null)).ProblemAsync(HttpStatusCode.NotFound);
            await (await client.GetAsync(MailOf(address))).ProblemAsync(HttpStatusCode.NotFound);
            Assert.Equal(address.ToString(), (await account.Client.GetFromJsonAsync<JsonElement>(path)).ToString());
        }
        // The mail room manages all.
        await (await account.Client.PatchAsync($"{All}/{PracticeSupport.Id(own)}", """{"name":"Renamed"}"""))
            .JsonAsync(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("""{"name":"","line1":"a","city":"a","postalCode":"a","country":"GB"}""")]
    [InlineData("""{"name":"a","line1":"a","city":"a","postalCode":"a","country":"gb"}""")]
    [InlineData("""{"name":"a","line1":"a","city":"a","postalCode":"a"}""")]
    [InlineData("""{"name":"a\u0000","line1":"a","city":"a","postalCode":"a","country":"GB"}""")]
    [InlineData("""{"name":"a","line1":"a","city":"a","postalCode":"123456789012345678901","country":"GB"}""")]
    [InlineData("""{"name":"a","line1":"a","city":"a","postalCode":"a","country":"GB","mailbox":"BOX-1"}""")]
    [InlineData("null")]
    public async Task What_is_refused_begins_nothing_and_costs_nothing(string body)
    {
        using var account = await api.RegisterAsync();
        await (await account.Client.PostOnceAsync(All, "k", body)).ProblemAsync(HttpStatusCode.BadRequest);
        Assert.Empty(await account.Client.IdsAsync(All));
        Assert.Empty(await api.ChargesAsync(account));
    }
}
