using System.Net;
using System.Text.Json;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Http.Input;

/// <summary>A body means what it says, or is 400 and changes nothing; the answer names the member and what would be
/// right.</summary>
[Collection(ApiTests.Name)]
public sealed class BodyTests(ApiFixture api)
{
    private const string TaskStates = "use one of todo, doing, done";

    [Theory]
    [InlineData("doing,done")]
    [InlineData("doing, done")]
    [InlineData("DONE")]
    [InlineData("Done")]
    [InlineData(" done")]
    [InlineData("done ")]
    [InlineData("1")]
    [InlineData("")]
    public async Task Only_the_exact_name_of_a_value_is_that_value(string status)
    {
        using var account = await api.RegisterAsync();
        await RefusedAsync(account, "POST", "/api/v1/tasks", $$"""{"title":"a","status":"{{status}}"}""", "$.status", TaskStates);
        var path = $"/api/v1/tasks/{await account.CreateTaskAsync("a")}";
        await RefusedAsync(account, "PATCH", path, $$"""{"status":"{{status}}"}""", "$.status", TaskStates);
        var list = await (await account.Client.GetAsync($"/api/v1/tasks?status={Uri.EscapeDataString(status)}"))
            .ProblemAsync(HttpStatusCode.BadRequest);
        if (status.Length > 0) Assert.Contains($"status: {TaskStates}", list.GetProperty("detail").GetString(), StringComparison.Ordinal);
        var kept = await (await account.Client.GetAsync("/api/v1/tasks")).JsonAsync(HttpStatusCode.OK);
        Assert.Equal(["todo"], kept.GetProperty("items").EnumerateArray().Select(t => t.GetProperty("status").GetString()));
    }

    [Theory]
    [InlineData("/api/v1/exams", """{"patientId":"{id}","kind":"contactLens,tonometry"}""", "$.kind",
        "use one of refraction, contactLens, tonometry, retina")]
    [InlineData("/api/v1/cards/shipments/{id}/status", """{"status":"requested,packed"}""", "$.status",
        "use one of requested, packed, shipped, delivered, cancelled")]
    [InlineData("/api/v1/tasks", """{"title":"a","status":7}""", "$.status", TaskStates)]
    [InlineData("/api/v1/tasks", """{"title":"a","status":null}""", "$.status", TaskStates)]
    public async Task What_is_no_value_is_400_that_lists_the_values(string path, string body, string member, string values)
    {
        using var account = await api.RegisterAsync();
        var id = (await account.CreatePatientAsync()).ToString();
        await RefusedAsync(account, "POST", path.Replace("{id}", id, StringComparison.Ordinal),
            body.Replace("{id}", id, StringComparison.Ordinal), member, values);
    }

    [Theory]
    [InlineData("/api/v1/orders?status=placed,ready", "status: use one of placed, ready, delivered, cancelled")]
    [InlineData("/api/v1/cards?tier=rare,epic", "tier: use one of common, uncommon, rare, epic, legendary")]
    [InlineData("/api/v1/feed?tier=Rare", "tier: use one of common, uncommon, rare, epic, legendary")]
    [InlineData("/api/v1/cards/shipments?status=PACKED", "status: use one of requested, packed, shipped, delivered, cancelled")]
    [InlineData("/api/v1/cards/shipments/all?status=x", "status: use one of requested, packed, shipped, delivered, cancelled")]
    [InlineData("/api/v1/tasks?limit=1&limit=2", "The parameter limit is given 2 times. Give it once.")]
    [InlineData("/api/v1/tasks?status=todo&Status=done", "The parameter Status is given 2 times. Give it once.")]
    [InlineData("/api/v1/tasks?cursor=a&cursor=b", "The parameter cursor is given 2 times. Give it once.")]
    [InlineData("/api/v1/tasks?limit=many", "The value 'many' is not valid for limit.")]
    [InlineData("/api/v1/exams?patientId=me", "The value 'me' is not valid for patientId.")]
    public async Task A_parameter_that_is_not_right_is_400_that_says_what_would_be(string path, string detail)
    {
        using var account = await api.RegisterAsync();
        var problem = await (await account.Client.GetAsync(path)).ProblemAsync(HttpStatusCode.BadRequest);
        Assert.Contains(detail, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"title":"a","tilte":"b"}""", "The body has a member that this request does not know, at $.tilte (line 1).")]
    [InlineData("""{"title":"a","title":"b"}""", "The body has the member 'title' more than once.")]
    [InlineData("""{"title":"a","TITLE":"b"}""", "The body has the member 'title' more than once.")]
    [InlineData("""{"description":"b"}""", "Missing in the JSON body: 'title'.")]
    [InlineData("{\"title\":\"a\",\n\"dueAt\":\"tomorrow\"}", "The JSON value at $.dueAt (line 2) is not valid: use a time with an offset")]
    [InlineData("""{"title":1}""", "The JSON value at $.title (line 1) is not valid.")]
    [InlineData("""{"title":"a",}""", "The body is not valid JSON (line 1).")]
    [InlineData("""[]""", "The body must be a JSON object.")]
    [InlineData("", "The request needs a JSON body.")]
    public async Task A_body_that_cannot_be_read_is_400_that_says_where(string body, string detail)
    {
        using var account = await api.RegisterAsync();
        await RefusedAsync(account, "POST", "/api/v1/tasks", body, detail);
        var kept = await (await account.Client.GetAsync("/api/v1/tasks")).JsonAsync(HttpStatusCode.OK);
        Assert.Empty(kept.GetProperty("items").EnumerateArray());
    }

    [Theory]
    [InlineData("""{"staus":"done"}""", "$.staus")]
    [InlineData("""{"title":"b","title":"c"}""", "'title'")]
    [InlineData("""{"title":null}""", "title")]
    [InlineData("""{"status":null}""", "$.status")]
    [InlineData("""{"clearsDescription":true}""", "$.clearsDescription")]
    public async Task A_patch_that_does_not_say_what_it_changes_is_400(string body, string named)
    {
        using var account = await api.RegisterAsync();
        var path = $"/api/v1/tasks/{await account.CreateTaskAsync("a")}";
        var before = await account.Client.GetStringAsync(path);
        var problem = await RefusedAsync(account, "PATCH", path, body);
        Assert.Contains(named, problem.ToString(), StringComparison.Ordinal);
        Assert.Equal(before, await account.Client.GetStringAsync(path));
    }

    [Fact]
    public async Task A_patch_tells_an_absent_member_from_null()
    {
        using var account = await api.RegisterAsync();
        var created = await (await account.Client.PostJsonAsync("/api/v1/tasks",
            new { title = "a", description = "b", dueAt = "2027-03-01T10:00:00Z" })).JsonAsync(HttpStatusCode.Created);
        var path = $"/api/v1/tasks/{created.GetProperty("id").GetGuid()}";
        var same = await PatchAsync(account, path, "{}");
        Assert.Equal(created.ToString(), same.ToString());
        var cleared = await PatchAsync(account, path, """{"description":null,"dueAt":null,"status":"doing"}""");
        Assert.Equal(("a", JsonValueKind.Null, JsonValueKind.Null, "doing"), (cleared.GetProperty("title").GetString(),
            cleared.GetProperty("description").ValueKind, cleared.GetProperty("dueAt").ValueKind, cleared.GetProperty("status").GetString()));
        var named = await PatchAsync(account, "/api/v1/company", """{"name":" New "}""");
        Assert.Equal("New", named.GetProperty("name").GetString());
    }

    [Theory]
    [InlineData("2027-03-01t10:00:00z", "2027-03-01T10:00:00+00:00")]
    [InlineData("2027-03-01T10:00:00.5z", "2027-03-01T10:00:00.5+00:00")]
    [InlineData("2027-03-01t10:00:00+02:00", "2027-03-01T08:00:00+00:00")]
    public async Task T_and_Z_of_a_time_may_be_in_lower_case(string sent, string kept)
    {
        using var account = await api.RegisterAsync();
        var task = await (await account.Client.PostJsonAsync("/api/v1/tasks", new { title = "a", dueAt = sent })).JsonAsync(HttpStatusCode.Created);
        Assert.Equal(kept, task.GetProperty("dueAt").GetString());
    }

    [Fact]
    public async Task Method_not_allowed_names_HEAD_beside_GET_and_the_root_says_where_to_go()
    {
        using var account = await api.RegisterAsync();
        using var wrong = await account.Client.PutAsync("/api/v1/tasks", Responses.Json("{}"));
        await wrong.ProblemAsync(HttpStatusCode.MethodNotAllowed);
        Assert.Equal(["GET", "HEAD", "POST"], wrong.Content.Headers.Allow.Order(StringComparer.Ordinal));
        using var client = api.CreateClient();
        var root = await (await client.GetAsync("/")).JsonAsync(HttpStatusCode.OK);
        foreach (var link in root.EnumerateObject().Where(m => m.Value.GetString()!.StartsWith('/')))
            Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(link.Value.GetString())).StatusCode);
        Assert.Equal(["docs", "health", "name", "openapi"], root.EnumerateObject().Select(m => m.Name).Order(StringComparer.Ordinal));
    }

    private static async Task<JsonElement> PatchAsync(Account account, string path, string body)
        => await (await account.Client.PatchAsync(path, Responses.Json(body))).JsonAsync(HttpStatusCode.OK);

    private static async Task<JsonElement> RefusedAsync(Account account, string method, string path, string body, params string[] details)
    {
        using var request = new HttpRequestMessage(new(method), path) { Content = Responses.Json(body) };
        var problem = await (await account.Client.SendAsync(request)).ProblemAsync(HttpStatusCode.BadRequest);
        foreach (var detail in details)
            Assert.Contains(detail, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        return problem;
    }
}
