using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Platform.Quotas;

[Collection(GraphCollection.Name)]
public sealed class QuotasTests(GraphFixture graph)
{
    [Fact]
    public async Task Fifty_creations_at_once_at_one_below_the_limit_admit_one_and_deleting_gives_the_place_back()
    {
        using var account = await Account.RegisterAsync(graph.Address);
        // Before the first use: the counter is made from the rows, even when fifty ask for it at once.
        await ExecuteAsync($"""
            insert into patients (company_id, id, name)
            select '{account.CompanyId}', gen_random_uuid(), 'n' || n from generate_series(1, 99) n
            """);
        var instances = graph.Instances.Select(account.At).ToList();
        var (first, second) = (instances[0], instances[1]);
        var answers = await Task.WhenAll(Enumerable.Range(0, 50)
            .Select(i => instances[i % 3].PostJsonAsync("/api/v1/patients", new { name = "x" })));

        var created = await Assert.Single(answers, a => a.StatusCode == HttpStatusCode.Created).JsonAsync(HttpStatusCode.Created);
        foreach (var refused in answers.Where(a => a.StatusCode != HttpStatusCode.Created))
        {
            var problem = await refused.ProblemAsync(HttpStatusCode.Forbidden);
            Assert.Equal((100, 100), (problem.GetProperty("limit").GetInt32(), problem.GetProperty("used").GetInt32()));
            Assert.Equal(("patients", "FREE", "BASIC"),
                (problem.GetProperty("resource").GetString(), problem.GetProperty("plan").GetString(),
                problem.GetProperty("upgradeTo").GetString()));
        }
        Assert.Equal(HttpStatusCode.NoContent, (await second.DeleteAsync($"/api/v1/patients/{PracticeSupport.Id(created)}"))
            .StatusCode);
        await (await first.PostJsonAsync("/api/v1/patients", new { name = "again" })).JsonAsync(HttpStatusCode.Created);
        await (await first.PostJsonAsync("/api/v1/patients", new { name = "too many" })).ProblemAsync(HttpStatusCode.Forbidden);

        await ExecuteAsync($"update companies set plan = 'BASIC' where id = '{account.CompanyId}'");
        await (await first.PostJsonAsync("/api/v1/patients", new { name = "allowed by the larger plan" }))
            .JsonAsync(HttpStatusCode.Created);
        Assert.Empty(await DriftAsync(account));
        foreach (var instance in instances) instance.Dispose();
    }

    [Theory]
    [InlineData("products", 50, 0)]
    [InlineData("orders", 100, 1)]
    [InlineData("exams", 100, 1)]
    public Task Each_resource_has_its_own_limit_by_month_where_the_plan_says_so(string resource, int limit, int monthly)
        => UnbrokenDay.RunAsync(async () =>
    {
        using var account = await Account.RegisterAsync(graph.Address);
        var body = await BodyAsync(account, resource);
        await ExecuteAsync($"""
            insert into quota_counters values ('{account.CompanyId}', '{resource}',
                {monthly} * to_char(now() at time zone 'utc', 'YYYYMM')::int, {limit - 1})
            on conflict (company_id, resource, period_yyyymm) do update set used = excluded.used
            """);
        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(i =>
            account.Client.PostAsync($"/api/v1/{resource}",
                Responses.Json(body.Replace("#", $"{i}", StringComparison.Ordinal)))));
        Assert.Single(answers, a => a.StatusCode == HttpStatusCode.Created);
        Assert.Equal(9, answers.Count(a => a.StatusCode == HttpStatusCode.Forbidden));
    });

    [Fact]
    public async Task Counters_and_rows_agree_after_creations_and_deletions_at_once_and_an_instance_killed_in_the_middle()
    {
        using var account = await Account.RegisterAsync(graph.Address);
        await ExecuteAsync($"update companies set plan = 'PROFESSIONAL' where id = '{account.CompanyId}'");
        var acknowledged = new ConcurrentDictionary<Guid, bool>();
        var instances = graph.Instances.Select(account.At).ToList();
        using var stop = new CancellationTokenSource();
        var load = Enumerable.Range(0, 12)
            .Select(i => CreateAndDeleteAsync(instances[i % 3], acknowledged, keep: i % 3 > 0, stop.Token)).ToList();
        await AtLeastAsync(acknowledged, 60);
        await using (await KilledResource.KillAsync(graph, "api-1"))
        {
            await AtLeastAsync(acknowledged, acknowledged.Count + 60);
            await stop.CancelAsync();
            await Task.WhenAll(load);
            // What the killed instance had open is rolled back as soon as the server notices.
            await Poll.UntilAsync(async () => Assert.Empty(await DriftAsync(account)));
        }
        var rows = (await QueryAsync($"select id::text from patients where company_id = '{account.CompanyId}'"))
            .Select(Guid.Parse).ToHashSet();
        Assert.Superset(acknowledged.Where(a => a.Value).Select(a => a.Key).ToHashSet(), rows);
        Assert.Equal(rows.Count, Used(await StatusAsync(account), "patients"));
        foreach (var instance in instances) instance.Dispose();
    }

    [Fact]
    public Task The_company_and_the_operator_see_limit_used_remaining_and_when_it_starts_again()
        => UnbrokenDay.RunAsync(async () =>
    {
        using var account = await Account.RegisterAsync(graph.Address);
        await account.CreatePatientAsync();
        var status = await StatusAsync(account);
        Assert.Equal("FREE", status.GetProperty("plan").GetString());
        Assert.Equal(["users 3 1 2", "patients 100 1 99", "orders 100 0 100", "products 50 0 50", "exams 100 0 100",
            "addresses 2 0 2"],
            status.GetProperty("quotas").EnumerateArray()
                .Select(q => string.Join(' ', ((string[])["resource", "limit", "used", "remaining"]).Select(m => q.GetProperty(m)))));
        var today = DateTime.UtcNow;
        foreach (var quota in status.GetProperty("quotas").EnumerateArray())
        {
            var monthly = quota.GetProperty("resource").GetString() is "orders" or "exams";
            var resets = quota.GetProperty("resetsAt");
            Assert.Equal(monthly ? $"{new DateTime(today.Year, today.Month, 1).AddMonths(1):yyyy-MM-dd}T00:00:00+00:00" : "",
                resets.ToString());
        }
        // Who may not is what AccessTests tries, in Production.
        var access = await account.OperatorAsync(graph);
        var operators = await (await graph.Client.SendAsync(access, $"/api/admin/quotas/{account.CompanyId}"))
            .JsonAsync(HttpStatusCode.OK);
        Assert.Equal(status.ToString(), operators.ToString());
        await (await graph.Client.SendAsync(access, $"/api/admin/quotas/{Guid.NewGuid()}")).ProblemAsync(HttpStatusCode.NotFound);
    });

    [Fact]
    public Task An_exam_counts_in_the_month_that_it_was_recorded_in() => UnbrokenDay.RunAsync(async () =>
    {
        using var account = await Account.RegisterAsync(graph.Address);
        var patient = await account.CreatePatientAsync();
        var earlier = Guid.CreateVersion7(DateTimeOffset.UtcNow.AddDays(-40));
        await ExecuteAsync($"""
            insert into exams (company_id, id, patient_id, performed_by, kind) values
                ('{account.CompanyId}', '{earlier}', '{patient}', '{account.UserId}', 'retina')
            """);
        await (await account.Client.PostAsync("/api/v1/exams", Responses.Json(await BodyAsync(account, "exams"))))
            .JsonAsync(HttpStatusCode.Created);
        Assert.Equal(1, Used(await StatusAsync(account), "exams"));
        Assert.Equal(HttpStatusCode.NoContent, (await account.Client.DeleteAsync($"/api/v1/exams/{earlier}")).StatusCode);
        Assert.Equal(1, Used(await StatusAsync(account), "exams"));
        Assert.Empty(await DriftAsync(account));
    });

    private static Task AtLeastAsync(ConcurrentDictionary<Guid, bool> acknowledged, int count) => Poll.UntilAsync(() =>
    {
        Assert.InRange(acknowledged.Count, count, int.MaxValue);
        return Task.CompletedTask;
    }, seconds: 30);

    private static async Task CreateAndDeleteAsync(HttpClient client, ConcurrentDictionary<Guid, bool> acknowledged, bool keep,
        CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                using var answer = await client.PostJsonAsync("/api/v1/patients", new { name = "load" });
                if (answer.StatusCode != HttpStatusCode.Created) return;
                var id = PracticeSupport.Id(await answer.Content.ReadFromJsonAsync<JsonElement>(CancellationToken.None));
                acknowledged[id] = keep;
                if (!keep) (await client.DeleteAsync($"/api/v1/patients/{id}", CancellationToken.None)).Dispose();
            }
            catch (Exception killed) when (killed is HttpRequestException or SocketException)
            {
                // The instance was killed; HttpClient passes the socket's own exception on when that was while it connected.
                return;
            }
        }
    }

    private static async Task<string> BodyAsync(Account account, string resource) => resource switch
    {
        "products" => """{"sku":"#","name":"x","priceMinor":1,"currency":"EUR"}""",
        "exams" => $$"""{"patientId":"{{await account.CreatePatientAsync()}}","kind":"retina"}""",
        _ => $$"""
            {"patientId":"{{await account.CreatePatientAsync()}}",
             "lines":[{"productId":"{{await account.CreateProductAsync(50)}}","quantity":1}]}
            """,
    };

    private static Task<JsonElement> StatusAsync(Account account)
        => account.Client.GetFromJsonAsync<JsonElement>("/api/v1/quotas");

    private static int Used(JsonElement status, string resource)
        => status.GetProperty("quotas").EnumerateArray().Single(q => q.GetProperty("resource").GetString() == resource)
            .GetProperty("used").GetInt32();

    private Task<List<string>> DriftAsync(Account account)
        => QueryAsync($"select resource from quota_drift where company_id = '{account.CompanyId}'");

    private async Task<List<string>> QueryAsync(string sql)
        => await PostgresServer.QueryAsync(await graph.GetConnectionString("pg"), sql);

    private async Task ExecuteAsync(string sql) => await PostgresServer.ExecuteAsync(await graph.GetConnectionString("pg"), sql);
}
