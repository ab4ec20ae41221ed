using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ScaleHub.Testing;
using ScaleHub.Tests.Modules.Tasks;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Modules.Practice;

/// <summary>Partial changes of patients, products, orders and exams, and two who make one at a time.</summary>
[Collection(ApiTests.Name)]
public sealed class PracticeUpdateTests(ApiFixture api)
{
    /// <summary>What there is, a change of it, and that change as the answer shows it.</summary>
    private static readonly (string Resource, string Change, string Member, string After)[] Changes =
    [
        ("patients", """{"name":"Grace"}""", "name", "Grace"),
        ("products", """{"priceMinor":99}""", "priceMinor", "99"),
        ("orders", """{"notes":"Calls before coming."}""", "notes", "Calls before coming."),
        ("exams", """{"findings":{"right":1.50,"a":{"z":1,"b":[2]}}}""", "findings", """{"a":{"b":[2],"z":1},"right":1.50}"""),
    ];

    [Fact]
    public async Task A_state_has_one_tag_whoever_answers_with_it_and_a_change_has_another()
    {
        using var account = await api.RegisterAsync();
        foreach (var (resource, change, member, after) in Changes)
        {
            var created = await CreateAsync(account, resource);
            var (path, tag) = (created.Headers.Location!.OriginalString, created.Headers.ETag!);
            Assert.NotNull(tag);
            Assert.False(tag.IsWeak);
            Assert.Equal(tag, (await account.Client.GetAsync(path)).Headers.ETag);
            Assert.Equal(tag, (await account.Client.PatchAsync(path, "{}")).Headers.ETag);

            var changed = await account.Client.PatchAsync(path, change);
            var body = await changed.JsonAsync(HttpStatusCode.OK);
            Assert.Equal(after, body.GetProperty(member).ToString());
            Assert.NotEqual(tag, changed.Headers.ETag);
            Assert.Equal(body.ToString(), (await account.Client.GetFromJsonAsync<JsonElement>(path)).ToString());
            Assert.Equal(changed.Headers.ETag, (await account.Client.GetAsync(path)).Headers.ETag);
            // Sent again it changes nothing, so what was seen is still so.
            Assert.Equal(changed.Headers.ETag, (await account.Client.PatchAsync(path, change)).Headers.ETag);
        }
    }

    [Fact]
    public async Task Of_two_editors_with_one_tag_one_gets_412()
    {
        using var account = await api.RegisterAsync();
        foreach (var (resource, change, _, _) in Changes)
        {
            var created = await CreateAsync(account, resource);
            var (path, tag) = (created.Headers.Location!.OriginalString, $"{created.Headers.ETag}");
            var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i =>
                account.Client.IfMatchAsync(HttpMethod.Patch, path, tag, change)));
            Assert.Single(answers, a => a.StatusCode == HttpStatusCode.OK);
            foreach (var loser in answers.Where(a => a.StatusCode != HttpStatusCode.OK))
                await loser.ProblemAsync(HttpStatusCode.PreconditionFailed);
            // Who did not look again does not delete it either.
            if (resource != "orders")
                await (await account.Client.IfMatchAsync(HttpMethod.Delete, path, tag))
                    .ProblemAsync(HttpStatusCode.PreconditionFailed);
            // Without the header the last write wins: it is never 428.
            await (await account.Client.PatchAsync(path, change)).JsonAsync(HttpStatusCode.OK);
        }
    }

    [Fact]
    public async Task What_is_seen_as_it_is_can_be_deleted_and_the_quota_comes_back()
    {
        using var account = await api.RegisterAsync();
        foreach (var resource in (string[])["products", "exams", "patients"])
        {
            // The exam's own patient stays.
            var used = await UsedAsync(account, resource);
            var created = await CreateAsync(account, resource);
            Assert.Equal(HttpStatusCode.NoContent, (await account.Client.IfMatchAsync(
                HttpMethod.Delete, created.Headers.Location!.OriginalString, $"{created.Headers.ETag}")).StatusCode);
            Assert.Equal(used, await UsedAsync(account, resource));
        }
    }

    [Fact]
    public async Task Null_clears_what_can_be_empty_and_what_is_absent_stays()
    {
        using var account = await api.RegisterAsync();
        var created = await account.Client.PostJsonAsync("/api/v1/patients", new
        {
            name = "Ada",
            bornOn = "1990-12-10",
            email = "ada@patient.example",
            phone = "+49 1",
            notes = "n",
        });
        var patient = await (await account.Client.PatchAsync(
            created.Headers.Location!.OriginalString, """{"bornOn":null,"email":null,"notes":null}"""))
                .JsonAsync(HttpStatusCode.OK);
        Assert.Equal(("Ada", "+49 1"), (patient.GetProperty("name").GetString(), patient.GetProperty("phone").GetString()));
        foreach (var cleared in (string[])["bornOn", "email", "notes"])
            Assert.Equal(JsonValueKind.Null, patient.GetProperty(cleared).ValueKind);
        var order = await CreateAsync(account, "orders");
        Assert.Equal(JsonValueKind.Null, (await (await account.Client.PatchAsync(
            order.Headers.Location!.OriginalString, """{"notes":null}"""))
            .JsonAsync(HttpStatusCode.OK)).GetProperty("notes").ValueKind);
    }

    [Fact]
    public async Task What_is_refused_changes_nothing()
    {
        using var account = await api.RegisterAsync();
        using var stranger = await api.RegisterAsync();
        await account.CreateProductAsync(1, sku: "taken");
        var big = new string('x', 9000);
        (string Resource, string Body, HttpStatusCode Expected)[] refused =
        [
            ("patients", """{"name":null}""", HttpStatusCode.BadRequest),
            ("patients", """{"name":""}""", HttpStatusCode.BadRequest),
            ("patients", """{"bornOn":"1700-01-01"}""", HttpStatusCode.BadRequest),
            ("patients", """{"bornOn":"9998-01-01"}""", HttpStatusCode.BadRequest),
            ("patients", """{"email":"x"}""", HttpStatusCode.BadRequest),
            ("patients", """{"phone":"1"}""", HttpStatusCode.BadRequest),
            ("patients", """{"nickname":"A"}""", HttpStatusCode.BadRequest), ("patients", "null", HttpStatusCode.BadRequest),
            ("patients", """{"name":"a","name":"b"}""", HttpStatusCode.BadRequest),
            ("products", """{"priceMinor":-1}""", HttpStatusCode.BadRequest),
            ("products", """{"priceMinor":10000000001}""", HttpStatusCode.BadRequest),
            ("products", """{"priceMinor":null}""", HttpStatusCode.BadRequest),
            ("products", """{"sku":null}""", HttpStatusCode.BadRequest),
            ("products", """{"stock":5}""", HttpStatusCode.BadRequest),
            ("products", """{"currency":"USD"}""", HttpStatusCode.BadRequest),
            ("products", """{"sku":" taken "}""", HttpStatusCode.Conflict),
            ("orders", """{"status":"ready"}""", HttpStatusCode.BadRequest),
            ("orders", """{"totalMinor":1}""", HttpStatusCode.BadRequest),
            ("exams", """{"findings":null}""", HttpStatusCode.BadRequest),
            ("exams", """{"findings":[]}""", HttpStatusCode.BadRequest),
            ("exams", """{"findings":{"a":"\u0000"}}""", HttpStatusCode.BadRequest),
            ("exams", $$$"""{"findings":{"a":"{{{big}}}"}}""", HttpStatusCode.BadRequest),
            ("exams", """{"performedAt":null}""", HttpStatusCode.BadRequest),
            ("exams", """{"performedAt":"2026-03-01T10:00:00"}""", HttpStatusCode.BadRequest),
        ];
        foreach (var group in refused.GroupBy(r => r.Resource))
        {
            var created = await CreateAsync(account, group.Key);
            var path = created.Headers.Location!.OriginalString;
            foreach (var (_, body, expected) in group)
            {
                var answer = await account.Client.PatchAsync(path, body);
                Assert.True(answer.StatusCode == expected, $"{answer.StatusCode} for {body}");
                await answer.ProblemAsync(expected);
            }
            await (await stranger.Client.PatchAsync(path, "{}")).ProblemAsync(HttpStatusCode.NotFound);
            Assert.Equal(created.Headers.ETag, (await account.Client.GetAsync(path)).Headers.ETag);
        }
    }

    [Fact]
    public async Task A_changed_price_is_in_the_list_at_once_and_not_in_orders_of_before()
    {
        using var account = await api.RegisterAsync();
        var order = await CreateAsync(account, "orders");
        var product = Assert.Single((await account.Client.GetFromJsonAsync<JsonElement>("/api/v1/products")).Items());
        await (await account.Client.PatchAsync($"/api/v1/products/{PracticeSupport.Id(product)}", """{"priceMinor":1}"""))
            .JsonAsync(HttpStatusCode.OK);
        Assert.Equal(1, Assert.Single((await account.Client.GetFromJsonAsync<JsonElement>("/api/v1/products")).Items())
            .GetProperty("priceMinor").GetInt64());
        Assert.Equal(order.Headers.ETag, (await account.Client.GetAsync(order.Headers.Location)).Headers.ETag);
    }

    private static async Task<HttpResponseMessage> CreateAsync(Account account, string resource)
    {
        var created = await account.Client.PostAsync($"/api/v1/{resource}", Responses.Json(resource switch
        {
            "patients" => """{"name":"Ada","notes":"n"}""",
            "products" => $$"""{"sku":"{{Guid.NewGuid()}}","name":"Lens","priceMinor":1250,"currency":"EUR","stock":5}""",
            "orders" => $$"""
                {"patientId":"{{await account.CreatePatientAsync()}}","notes":"n",
                 "lines":[{"productId":"{{await account.CreateProductAsync(5, sku: $"{Guid.NewGuid()}")}}","quantity":1}]}
                """,
            _ => $$$"""{"patientId":"{{{await account.CreatePatientAsync()}}}","kind":"retina","findings":{"zz":1.0,"a":1e2} }""",
        }));
        await created.JsonAsync(HttpStatusCode.Created);
        return created;
    }

    private static async Task<int> UsedAsync(Account account, string resource)
        => (await account.Client.GetFromJsonAsync<JsonElement>("/api/v1/quotas")).GetProperty("quotas").EnumerateArray()
            .Single(q => q.GetProperty("resource").GetString() == resource).GetProperty("used").GetInt32();
}
