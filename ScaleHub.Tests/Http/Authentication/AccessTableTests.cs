using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing;
using Npgsql;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http.Authentication;
using ScaleHub.Testing;
using ScaleHub.Tests.Platform.Postgres;

namespace ScaleHub.Tests.Http.Authentication;

/// <summary>
/// Each operation of the OpenAPI document is sent by each kind of caller, with the example of its body and the identifiers of another
/// company's rows, of which every table has some (<see cref="SampleData"/>). What happened is compared with what the routes declare, and
/// with docs/access.md: <c>UPDATE_DOCS=1 dotnet test --filter AccessTableTests</c> writes that page anew.
/// </summary>
public sealed partial class AccessTableTests : IAsyncLifetime
{
    // In every text that the other company's rows must have.
    private const string Marker = "sample-";
    private const string MemberKey = "key of a member", AdminKey = "key of an admin";
    private static readonly string Page = Path.Combine(Repository.Root, "docs", "access.md");
    private static readonly string[] Callers =
        [AccessTests.Anonymous, Roles.Member, Roles.Admin, Roles.Owner, MemberKey, AdminKey, Roles.Operator];

    // With their example they would change what the other requests stand on: who signs in by which password, and the plan; or the
    // handler would answer 403 itself, as to a code that is wrong.
    private static readonly string[] WithoutBody =
        ["PUT /api/v1/account/password", "PUT /api/v1/company/plan", "POST /api/v1/me/totp/confirm"];

    // What everybody shows to everybody.
    private static readonly string[] Public = ["GET /api/v1/feed", "GET /api/v1/prices"];

    private readonly Dictionary<string, string> _tokens = [], _emails = [];
    private readonly Dictionary<(string Operation, string Caller), HttpStatusCode> _answers = [];
    private readonly List<string> _wrong = [];
    private ApiInstances _api = null!;
    private SampleData _data = null!;
    private Account _account = null!;
    private string _theirCompany = "", _theirRow = "";

    public async Task InitializeAsync()
    {
        _api = await ApiInstances.StartAsync(1, ("RateLimits__Scale", "1000"));
        await using (var owner = NpgsqlDataSource.Create(_api.Database.Owner))
        {
            _data = await SampleData.PrepareAsync(owner, companies: 2);
            await _data.FillAsync(owner, rows: 8);
        }
        (_theirCompany, _theirRow) = ((await _api.QueryAsync("select sample_id(0)::text"))[0], (await _api.QueryAsync("select sample_id(2)::text"))[0]);
        _account = await _api.RegisterAsync("ENTERPRISE");
        _emails[Roles.Owner] = _account.Email;
        foreach (var role in (string[])[Roles.Member, Roles.Admin]) _emails[role] = (await _account.AddAsync(role)).Email;
        foreach (var (caller, role) in ((string, string)[])[(MemberKey, Roles.Member), (AdminKey, Roles.Admin)])
        {
            var key = await (await _account.Client.PostJsonAsync("/api/v1/api-keys", new { name = caller, role })).JsonAsync(HttpStatusCode.Created);
            _tokens[caller] = key.GetProperty("key").GetString()!;
        }
        _tokens[Roles.Operator] = await _account.OperatorAsync(_api.Database.Owner);
    }

    public async Task DisposeAsync()
    {
        _account.Dispose();
        await _api.DisposeAsync();
    }

    [Fact]
    public async Task Each_caller_gets_what_the_page_says_and_nothing_of_another_company()
    {
        using var client = _api.CreateClient();
        var document = await (await client.GetAsync("/openapi/v1.json")).JsonAsync(HttpStatusCode.OK);
        var operations = Operations(document);
        var before = await TheirRowsAsync();
        // An operator may change what is theirs; nobody else.
        foreach (var caller in Callers.Where(c => c != Roles.Operator))
            foreach (var operation in operations) await AskAsync(client, operation, caller);
        foreach (var (table, rows) in await TheirRowsAsync())
            if (rows != before[table]) _wrong.Add($"rows of another company in {table} were changed");
        foreach (var operation in operations) await AskAsync(client, operation, Roles.Operator);
        Assert.True(_wrong.Count == 0, string.Join('\n', _wrong));

        var page = Write(operations);
        if (Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1") await File.WriteAllTextAsync(Page, page);
        Assert.True(page == await File.ReadAllTextAsync(Page),
            "docs/access.md is not what the routes do. Look at the change, and write it with UPDATE_DOCS=1 dotnet test --filter AccessTableTests.");
    }

    private async Task AskAsync(HttpClient client, Operation operation, string caller)
    {
        var (status, text) = await SendAsync(client, operation, caller, operation.Path.Replace("{companyId}", _theirCompany, StringComparison.Ordinal));
        _answers[(operation.Name, caller)] = status;
        Check(operation, caller, status, text, operation.NamesOthers);
        // Lists of what belongs to another company's row.
        if (caller == Roles.Owner && operation.Query.Length > 0 && status == HttpStatusCode.OK)
        {
            (status, text) = await SendAsync(client, operation, caller,
                $"{operation.Path}?{string.Join('&', operation.Query.Select(name => $"{name}={_theirRow}"))}");
            Check(operation, caller, status, text, namesOthers: false);
        }
    }

    private void Check(Operation operation, string caller, HttpStatusCode status, string text, bool namesOthers)
    {
        void Wrong(string what) => _wrong.Add($"{operation.Name} as {caller}: {what}: {(int)status} {(text.Length > 300 ? text[..300] : text)}");

        if ((int)status >= 500) Wrong("an error of ours");
        var expected = Expected(operation, caller);
        if (expected is not null && status != expected) Wrong($"{(int)expected} was declared");
        // Who signs in with an example is refused, but not by the rule; and no operation says 403 to a body that it has an example for.
        else if (expected is null && operation.Required != AccessTests.Anonymous
            && status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden) Wrong("it was declared that it may");
        if (caller != Roles.Operator && namesOthers && expected is null && (int)status < 400) Wrong("it has another company's row");
        if (caller != Roles.Operator && operation.Path.Contains(_theirRow, StringComparison.Ordinal) && expected is null
            && status is not (HttpStatusCode.NotFound or HttpStatusCode.BadRequest)) Wrong("another company's row does not exist");
        if (caller != Roles.Operator && !Public.Contains(operation.Name) && text.Contains(Marker, StringComparison.OrdinalIgnoreCase))
            Wrong("it shows what is another company's");
    }

    /// <summary>401 or 403 as the route declares; null: the caller may.</summary>
    private static HttpStatusCode? Expected(Operation operation, string caller)
        => operation.Required == AccessTests.Anonymous ? null
            : caller == AccessTests.Anonymous ? HttpStatusCode.Unauthorized
            : caller is MemberKey or AdminKey && operation.IsForPeople ? HttpStatusCode.Forbidden
            : Access.Allows(operation.Required, RoleOf(caller)) ? null : HttpStatusCode.Forbidden;

    private static string RoleOf(string caller) => caller switch { MemberKey => Roles.Member, AdminKey => Roles.Admin, _ => caller };

    private async Task<(HttpStatusCode Status, string Text)> SendAsync(HttpClient client, Operation operation, string caller, string path)
    {
        using var request = new HttpRequestMessage(operation.Method, path);
        if (caller != AccessTests.Anonymous) request.Headers.Authorization = new("Bearer", await TokenAsync(caller));
        if (operation.Body is { } body)
        {
            // No two callers register, add or invite the same address.
            request.Content = Responses.Json(body.Replace("@company.example", $"-{Guid.NewGuid():N}@company.example", StringComparison.Ordinal));
            request.Headers.Add("Idempotency-Key", Guid.NewGuid().ToString());
        }
        // A stream has no end, and its first event tells no more than its status.
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        if (response.Content.Headers.ContentType?.MediaType == "text/event-stream") return (response.StatusCode, "");
        // It ends the session that asks.
        if (operation.Path.EndsWith("/logout", StringComparison.Ordinal) && response.IsSuccessStatusCode) _tokens.Remove(caller);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    private async Task<string> TokenAsync(string caller)
        => _tokens.TryGetValue(caller, out var token) ? token
            : _tokens[caller] = caller == Roles.Operator ? await _account.OperatorAsync(_api.Database.Owner)
                : (await _account.Client.SignInAsync(_emails[caller])).Access;

    /// <summary>Those that take away what others stand on come last: who deletes without naming what.</summary>
    private List<Operation> Operations(JsonElement document)
    {
        var endpoints = AccessTests.Endpoints(AccessTests.Production)
            .SelectMany(e => (e.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET"]).Select(m => (Name: $"{m} {Plain(AccessTests.Name(e))}", Endpoint: e)))
            .DistinctBy(e => e.Name).ToDictionary(e => e.Name, e => e.Endpoint);
        return
        [
            .. from path in document.GetProperty("paths").EnumerateObject()
               from operation in path.Value.EnumerateObject()
               let name = $"{operation.Name.ToUpperInvariant()} {path.Name}"
               orderby operation.Name == "delete" && !path.Name.Contains('{', StringComparison.Ordinal)
               select Read(name, path.Name, operation.Value, endpoints[$"{operation.Name.ToUpperInvariant()} {Plain(path.Name)}"]),
        ];
    }

    private Operation Read(string name, string path, JsonElement operation, RouteEndpoint endpoint)
    {
        string? body = null;
        if (operation.TryGetProperty("requestBody", out var content))
        {
            body = !WithoutBody.Contains(name) && content.GetProperty("content").TryGetProperty("application/json", out var json)
                && json.TryGetProperty("example", out var example) ? example.GetRawText() : "{}";
        }
        var theirs = body is null ? null : Identifier().Replace(body, _theirRow);
        var query = operation.TryGetProperty("parameters", out var parameters)
            ? parameters.EnumerateArray().Where(p => p.GetProperty("in").GetString() == "query"
                && p.GetProperty("schema").TryGetProperty("format", out var format) && format.GetString() == "uuid")
                .Select(p => p.GetProperty("name").GetString()!).ToArray()
            : [];
        var filled = Parameter().Replace(path, match => match.Value == "{companyId}" ? match.Value : _theirRow);
        return new(name, new(name.Split(' ')[0]), filled, theirs, query, NamesOthers: filled != path || theirs != body,
            AccessTests.Decision(endpoint)!, endpoint.Metadata.GetMetadata<PeopleOnly>() is not null);
    }

    private async Task<Dictionary<string, string>> TheirRowsAsync()
        => (await _api.QueryAsync(string.Join(" union all ", _data.Tables.Select(table =>
                $"select '{table} ' || coalesce(md5(string_agg(t::text, ',' order by t::text)), '') from {table} t "
                + $"where {(table == "companies" ? "id" : "company_id")} = '{_theirCompany}'"))))
            .ToDictionary(row => row.Split(' ')[0], row => row.Split(' ')[1]);

    private string Write(List<Operation> operations)
    {
        var page = new StringBuilder("""
            # Who may do what

            What each kind of caller gets from each operation of the API in Production. `AccessTableTests` sends every request of this page,
            compares what happens with what the routes declare, and writes the page: `UPDATE_DOCS=1 dotnet test --filter AccessTableTests`.

            A caller who is not signed in gets 401 where the table says no, everybody else 403. An owner may do what an admin may, and an admin
            what a member may. An operator runs the platform and has no part in companies. An [API key](identity.md) has the role that it was
            made for, and some operations are for people alone. The column *theirs* is what an owner gets with the identifier of another
            company's row: there it does not exist. Handlers decide what depends on the row: only an owner changes an owner's role, and a member
            deletes one's own comments alone.


            """.ReplaceLineEndings("\n"));
        foreach (var group in operations.GroupBy(o => Group(o.Name)).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            page.Append(CultureInfo.InvariantCulture, $"## {group.Key}\n\n| operation | anonymous | member | admin | owner | member's key | admin's key | operator | theirs |\n");
            page.Append("|---|---|---|---|---|---|---|---|---|\n");
            foreach (var operation in group.OrderBy(o => o.Name.Split(' ')[1], StringComparer.Ordinal).ThenBy(o => o.Name, StringComparer.Ordinal))
            {
                page.Append(CultureInfo.InvariantCulture, $"| `{operation.Name}` |");
                foreach (var caller in Callers) page.Append(Expected(operation, caller) is null ? " yes |" : " |");
                var named = operation.Path.Contains(_theirRow, StringComparison.Ordinal) && Expected(operation, Roles.Owner) is null;
                page.Append(named ? string.Create(CultureInfo.InvariantCulture, $" {(int)_answers[(operation.Name, Roles.Owner)]} |\n") : " |\n");
            }
            page.Append('\n');
        }
        return page.ToString().TrimEnd('\n') + "\n";
    }

    // "/api/v1/tasks/{id}" is of "tasks", "/api/admin/jobs" of "admin".
    private static string Group(string name)
        => name.Split(' ')[1].Split('/') switch
        {
            ["", "api", "v1", var first, ..] => first,
            ["", "api", var first, ..] => first,
            _ => "other",
        };

    private static string Plain(string route) => Parameter().Replace(route.TrimEnd('/'), "{}");

    private sealed record Operation(
        string Name, HttpMethod Method, string Path, string? Body, string[] Query, bool NamesOthers, string Required, bool IsForPeople);

    [GeneratedRegex(@"\{[^}]+\}")]
    private static partial Regex Parameter();

    [GeneratedRegex("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")]
    private static partial Regex Identifier();
}
