using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Http;

/// <summary>What a generator of clients needs, of every operation in the document.</summary>
[Collection(ApiTests.Name)]
public sealed class OpenApiTests(ApiFixture api)
{
    [Fact]
    public async Task Every_operation_has_a_name_of_its_own_that_is_its_use_case()
    {
        var document = await DocumentAsync();
        var ids = Operations(document).Select(o => (o.Name, Id: o.Operation.TryGetProperty("operationId", out var id) ? id.GetString()! : "")).ToList();
        Assert.NotEmpty(ids);
        Assert.DoesNotContain(ids, o => !o.Id.All(char.IsAsciiLetter) || o.Id.Length == 0 || !char.IsAsciiLetterLower(o.Id[0]));
        Assert.Empty(ids.GroupBy(o => o.Id).Where(g => g.Count() > 1).Select(g => g.Key));
        // A change of one of these breaks clients that were generated before.
        foreach (var (name, id) in ((string, string)[])[
            ("post /api/v1/tasks", "createTask"), ("get /api/v1/tasks", "listTasks"), ("patch /api/v1/tasks/{id}", "updateTask"),
            ("post /api/v1/tasks/bulk-update", "updateTasks"), ("post /api/v1/tasks/{id}/comments", "createTaskComment"),
            ("post /api/v1/orders", "createOrder"), ("post /api/v1/exams", "createExam"), ("get /api/v1/users/{id}", "getUser"),
            ("post /api/v1/auth/login", "logIn"), ("get /api/v1/quotas", "getQuotas")])
            Assert.Equal(id, ids.Single(o => o.Name == name).Id);
    }

    [Fact]
    public async Task Every_operation_says_whether_it_needs_a_token()
    {
        var document = await DocumentAsync();
        Assert.Equal("/", document.GetProperty("servers")[0].GetProperty("url").GetString());
        Assert.Equal("1.0.0", document.GetProperty("info").GetProperty("version").GetString());
        using var client = api.CreateClient();
        List<string> wrong = [];
        foreach (var (name, operation) in Operations(document))
        {
            var secured = operation.GetProperty("security").GetArrayLength() > 0;
            var path = Regex.Replace(name[(name.IndexOf(' ', StringComparison.Ordinal) + 1)..], @"\{\w+\}", Guid.Empty.ToString());
            using var request = new HttpRequestMessage(new(name.Split(' ')[0].ToUpperInvariant()), path);
            if (operation.TryGetProperty("requestBody", out _)) request.Content = Responses.Json("{}");
            using var answer = await client.SendAsync(request);
            if (secured != (answer.StatusCode == HttpStatusCode.Unauthorized)) wrong.Add($"{name}: secured {secured}, {answer.StatusCode}");
        }
        Assert.Empty(wrong);
    }

    [Fact]
    public async Task Every_body_has_an_example_that_is_accepted()
    {
        var document = await DocumentAsync();
        using var account = await api.RegisterAsync();
        List<string> wrong = [];
        foreach (var (name, operation) in Operations(document).Where(o => o.Operation.TryGetProperty("requestBody", out _)))
        {
            // An upload is no JSON.
            if (!operation.GetProperty("requestBody").GetProperty("content").TryGetProperty("application/json", out var content)) continue;
            if (!content.TryGetProperty("example", out var example))
            {
                wrong.Add($"{name}: no example");
                continue;
            }
            var path = name[(name.IndexOf(' ', StringComparison.Ordinal) + 1)..].Replace("{id}", Guid.Empty.ToString(), StringComparison.Ordinal);
            using var request = new HttpRequestMessage(new(name.Split(' ')[0].ToUpperInvariant()), path) { Content = Responses.Json(example.GetRawText()) };
            request.Headers.Add("Idempotency-Key", Guid.NewGuid().ToString());
            using var answer = await account.Client.SendAsync(request);
            var text = await answer.Content.ReadAsStringAsync();
            // What it refers to does not exist here; that is all that may be wrong with it.
            if (answer.StatusCode == HttpStatusCode.BadRequest && !text.Contains("There is no such product", StringComparison.Ordinal)
                && !text.Contains("You have no such card", StringComparison.Ordinal))
                wrong.Add($"{name}: {text}");
        }
        Assert.Empty(wrong);
    }

    [Fact]
    public async Task What_has_few_values_or_a_length_says_so_wherever_it_is()
    {
        var document = await DocumentAsync();
        foreach (var (schema, member, values) in ((string, string, string[])[])[
            ("CreateTaskRequest", "status", ["todo", "doing", "done"]), ("UpdateTaskRequest", "status", ["todo", "doing", "done"]),
            ("TaskResponse", "status", ["todo", "doing", "done"]),
            ("CreateExamRequest", "kind", ["refraction", "contactLens", "tonometry", "retina"])])
            Assert.Equal(values, Member(schema, member).GetProperty("enum").EnumerateArray().Select(v => v.GetString()));
        Assert.Equal(200, Member("UpdateTaskRequest", "title").GetProperty("maxLength").GetInt32());
        Assert.Contains("string", Member("UpdateTaskRequest", "title").GetProperty("type").ToString(), StringComparison.Ordinal);
        Assert.Equal("email", Member("CreatePatientRequest", "email").GetProperty("format").GetString());
        foreach (var (path, parameter, count) in ((string, string, int)[])[("/api/v1/feed", "tier", 5), ("/api/v1/orders", "status", 4)])
            Assert.Equal(count, document.GetProperty("paths").GetProperty(path).GetProperty("get").GetProperty("parameters").EnumerateArray()
                .Single(p => p.GetProperty("name").GetString() == parameter).GetProperty("schema").GetProperty("enum").GetArrayLength());

        JsonElement Member(string schema, string member)
        {
            var found = document.GetProperty("components").GetProperty("schemas").GetProperty(schema).GetProperty("properties").GetProperty(member);
            return found.TryGetProperty("$ref", out var to)
                ? document.GetProperty("components").GetProperty("schemas").GetProperty(to.GetString()!.Split('/')[^1])
                : found;
        }
    }

    private async Task<JsonElement> DocumentAsync()
    {
        using var client = api.CreateClient();
        return await (await client.GetAsync("/openapi/v1.json")).JsonAsync(HttpStatusCode.OK);
    }

    private static IEnumerable<(string Name, JsonElement Operation)> Operations(JsonElement document)
        => document.GetProperty("paths").EnumerateObject().SelectMany(path => path.Value.EnumerateObject()
            .Select(operation => ($"{operation.Name} {path.Name}", operation.Value)));
}
