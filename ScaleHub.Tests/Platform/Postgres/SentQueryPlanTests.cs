using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Testing;

namespace ScaleHub.Tests.Platform.Postgres;

/// <summary>
/// The plans of the statements that the API really sends: each GET of the OpenAPI document is asked with each of its parameters over tables
/// of 30,000 rows, and PostgreSQL logs the plan of every statement (<c>auto_explain</c>). No statement reads a large table from end to
/// end, and none sorts one.
/// </summary>
public sealed class SentQueryPlanTests : IAsyncLifetime
{
    private const int Rows = 30_000, Companies = 6, MostOfAPage = 1_000;
    private ApiInstances _api = null!;

    public async Task InitializeAsync() => _api = await ApiInstances.StartAsync(
        1, ("RateLimits__Scale", "1000"), ("ASPNETCORE_ENVIRONMENT", "Development"));

    public async Task DisposeAsync() => await _api.DisposeAsync();

    [Fact]
    public async Task No_statement_of_a_GET_reads_or_sorts_a_large_table()
    {
        var large = await FillAsync();
        using var client = await SignInToALargeCompanyAsync();
        await LogPlansAsync();

        var asked = new List<string>();
        foreach (var path in await PathsAsync(client))
        {
            using var response = await client.GetAsync(path);
            Assert.True((int)response.StatusCode is 200 or 404, $"{path}: {response.StatusCode} {await response.Content.ReadAsStringAsync()}");
            asked.Add(path);
            if (response.StatusCode == HttpStatusCode.OK && !path.Contains("page=", StringComparison.Ordinal)
                && await NextAsync(response, path) is { } next)
            {
                await (await client.GetAsync(next)).JsonAsync(HttpStatusCode.OK);
                asked.Add(next);
            }
        }
        Assert.Contains(asked, path => path.Contains("cursor=", StringComparison.Ordinal));
        // The check itself: it finds a scan and a sort where there are.
        await _api.ExecuteAsync("select * from tasks where title = 'no such title' -- a scan that the test wants");
        await _api.ExecuteAsync("select * from users order by password_hash -- a sort that the test wants");

        List<string> faults = [];
        HashSet<string> seen = [];
        await Poll.UntilAsync(async () =>
        {
            (faults, seen) = ([], []);
            foreach (var plan in await PlansAsync())
                Find(plan.GetProperty("Plan"), plan.GetProperty("Query Text").GetString()!, large, faults, seen);
            Assert.Contains(faults, f => f.EndsWith("a sort that the test wants", StringComparison.Ordinal));
        });
        foreach (var table in (string[])["tasks", "patients", "products", "orders", "exams", "users", "sessions", "user_cards", "shipping_requests"])
            Assert.Contains(table, seen);
        Assert.Contains(faults, f => f.StartsWith("Seq Scan tasks:", StringComparison.Ordinal));
        faults = [.. faults.Where(f => !f.EndsWith("that the test wants", StringComparison.Ordinal)).Distinct()];
        Assert.True(faults.Count == 0, string.Join('\n', faults));
    }

    private async Task<HashSet<string>> FillAsync()
    {
        await using var owner = NpgsqlDataSource.Create(_api.Database.Owner + ";Options=-c session_replication_role=replica;Command Timeout=300");
        var data = await SampleData.PrepareAsync(owner, Companies);
        await data.FillAsync(owner, Rows);
        return [.. await PostgresServer.QueryAsync(
            _api.Database.Owner, "select relname from pg_class where relkind = 'r' and reltuples >= 5000")];
    }

    /// <summary>As an owner of the company that has a sixth of all rows.</summary>
    private async Task<HttpClient> SignInToALargeCompanyAsync()
    {
        using var account = await _api.RegisterAsync();
        var email = Account.NewEmail();
        await _api.ExecuteAsync($"""
            update companies set plan = 'ENTERPRISE' where id = sample_id(0);
            update users set role = 'owner', deleted_at = null,
                password_hash = (select password_hash from users where id = '{account.UserId}')
                where company_id = sample_id(0) and id = sample_id(6);
            insert into logins (email, company_id, user_id) values ('{email}', sample_id(0), sample_id(6))
            """);
        var client = _api.CreateClient();
        client.DefaultRequestHeaders.Authorization = new("Bearer", (await client.SignInAsync(email)).Access);
        return client;
    }

    // Settings of the database hold for sessions that begin from now on. Sorts are planned only where nothing else can do.
    private async Task LogPlansAsync()
    {
        foreach (var setting in (string[])["auto_explain.log_format = 'json'", "enable_sort = off",
            "session_preload_libraries = 'auto_explain'", "auto_explain.log_min_duration = 0"])
        {
            var database = new NpgsqlConnectionStringBuilder(_api.Database.Owner).Database;
            await _api.ExecuteAsync($"load 'auto_explain'; alter database {database} set {setting}");
        }
        // Its next sessions are new ones. Ended from outside, a connection would cost the request that finds it ended a 503.
        foreach (var node in _api.Services().GetRequiredService<PostgresNodes>().All) node.DataSource.Clear();
    }

    /// <summary>Every GET of the document: bare, and with each of its parameters alone.</summary>
    private static async Task<List<string>> PathsAsync(HttpClient client)
    {
        var document = await (await client.GetAsync("/openapi/v1.json")).JsonAsync(HttpStatusCode.OK);
        List<string> paths = [];
        foreach (var route in document.GetProperty("paths").EnumerateObject())
        {
            if (!route.Value.TryGetProperty("get", out var get) || !route.Name.StartsWith("/api/v1/", StringComparison.Ordinal)) continue;
            var path = Regex.Replace(route.Name, @"\{\w+\}", _ => $"{Guid.CreateVersion7()}");
            paths.Add(path);
            if (!get.TryGetProperty("parameters", out var parameters)) continue;
            foreach (var parameter in parameters.EnumerateArray().Where(p => p.GetProperty("in").GetString() == "query"))
            {
                var name = parameter.GetProperty("name").GetString()!;
                if (name is not "cursor" && Value(name, parameter.GetProperty("schema"), document) is { } value) paths.Add($"{path}?{name}={value}");
            }
        }
        return paths;
    }

    private static string? Value(string name, JsonElement schema, JsonElement document)
    {
        if (schema.TryGetProperty("$ref", out var reference))
            schema = document.GetProperty("components").GetProperty("schemas").GetProperty(reference.GetString()!.Split('/')[^1]);
        if (schema.TryGetProperty("enum", out var names)) return names[0].GetString();
        return schema.TryGetProperty("format", out var format) ? format.GetString() switch
        {
            "uuid" => $"{Guid.CreateVersion7()}",
            "date-time" => "2026-01-01T00:00:00Z",
            "int32" => name == "limit" ? "1" : "2",
            _ => null,
        } : name == "limit" ? "1" : name == "page" ? "2" : name == "q" ? "sample" : null;
    }

    private static async Task<string?> NextAsync(HttpResponseMessage response, string path)
    {
        var body = await response.JsonAsync(HttpStatusCode.OK);
        return body.ValueKind == JsonValueKind.Object && body.TryGetProperty("page", out var page)
            && page.TryGetProperty("nextCursor", out var cursor) && cursor.ValueKind == JsonValueKind.String
            ? $"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}cursor={Uri.EscapeDataString(cursor.GetString()!)}" : null;
    }

    // "… LOG:  duration: 0.042 ms  plan:" and, indented by a tab, the plan.
    private async Task<List<JsonElement>> PlansAsync()
    {
        List<JsonElement> plans = [];
        StringBuilder? plan = null;
        foreach (var line in await File.ReadAllLinesAsync(_api.DatabaseLog))
        {
            if (plan is not null && line.StartsWith('\t')) plan.AppendLine(line);
            else
            {
                if (plan is not null) plans.Add(JsonDocument.Parse(plan.ToString()).RootElement);
                plan = line.EndsWith(" plan:", StringComparison.Ordinal) ? new() : null;
            }
        }
        return plans;
    }

    /// <returns>The large tables that are read below the node.</returns>
    private static List<string> Find(JsonElement node, string sql, HashSet<string> large, List<string> faults, HashSet<string> seen)
    {
        List<string> below = [];
        if (node.TryGetProperty("Relation Name", out var relation))
        {
            seen.Add(relation.GetString()!);
            if (large.Contains(relation.GetString()!)) below.Add(relation.GetString()!);
        }
        if (node.TryGetProperty("Plans", out var children))
            foreach (var child in children.EnumerateArray()) below.AddRange(Find(child, sql, large, faults, seen));
        var type = node.GetProperty("Node Type").GetString()!;
        // A page's rows may be sorted once more, as EF does where it reads the rows that belong to each.
        var sorts = type == "Sort" && node.GetProperty("Plan Rows").GetDouble() > MostOfAPage;
        // A total counts to 10,000 at most, by whichever scan.
        var scans = type.EndsWith("Seq Scan", StringComparison.Ordinal)
            && !(sql.Contains("SELECT count(*)", StringComparison.Ordinal) && sql.Contains("LIMIT", StringComparison.Ordinal));
        if (below.Count > 0 && (scans || sorts))
            faults.Add($"{type} {string.Join(", ", below)}: {sql.ReplaceLineEndings(" ")}");
        return below;
    }
}
