using System.Net;
using System.Text.Json;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Http;

/// <summary>The document tells clients what the mechanisms around an endpoint ask and answer.</summary>
[Collection(ApiTests.Name)]
public sealed class ApiDocsTests(ApiFixture api)
{
    [Fact]
    public async Task Every_operation_has_a_summary_and_every_error_the_one_shape()
    {
        var wrong = new List<string>();
        foreach (var (name, operation) in await OperationsAsync())
        {
            if (!operation.TryGetProperty("summary", out var summary) || summary.GetString() is not { Length: > 0 }) wrong.Add($"{name}: no summary");
            foreach (var answer in operation.GetProperty("responses").EnumerateObject().Where(r => r.Name[0] is '4' or '5'))
            {
                if (!answer.Value.TryGetProperty("content", out var content) || !content.TryGetProperty("application/problem+json", out _))
                    wrong.Add($"{name}: {answer.Name} has no problem");
            }
            if ((operation.GetProperty("security").GetArrayLength() > 0) != Statuses(operation).Contains("401") && !name.Contains("/auth/"))
                wrong.Add($"{name}: 401 and security");
        }
        Assert.Empty(wrong);
    }

    [Theory]
    [InlineData("post /api/v1/auth/register", "201 400 409 429 503", null)]
    [InlineData("post /api/v1/auth/login", "200 400 401 429 503", null)]
    [InlineData("get /api/v1/company", "200 401 403 429 503", null)]
    [InlineData("post /api/v1/tasks", "201 400 401 403 409 422 429 503", false)]
    [InlineData("get /api/v1/tasks/{id}", "200 304 401 403 404 429 503", null)]
    [InlineData("post /api/v1/cards/packs", "201 400 401 403 409 422 429 503", true)]
    [InlineData("delete /api/v1/sessions/{id}", "204 401 403 404 429 503", null)]
    public async Task An_operation_names_what_stands_around_it(string name, string statuses, bool? keyRequired)
    {
        var operation = (await OperationsAsync()).Single(o => o.Name == name).Operation;
        Assert.Equal(statuses.Split(' '), Statuses(operation));
        var key = operation.TryGetProperty("parameters", out var parameters)
            ? parameters.EnumerateArray().SingleOrDefault(p => p.GetProperty("name").GetString() == "Idempotency-Key")
            : default;
        Assert.Equal(keyRequired, key.ValueKind == JsonValueKind.Undefined
            ? null
            : key.TryGetProperty("required", out var required) && required.GetBoolean());
    }

    [Fact]
    public async Task What_has_few_values_names_them()
    {
        var list = (await OperationsAsync()).Single(o => o.Name == "get /api/v1/tasks").Operation;
        var status = list.GetProperty("parameters").EnumerateArray().Single(p => p.GetProperty("name").GetString() == "status");
        Assert.Equal(["todo", "doing", "done"],
            status.GetProperty("schema").GetProperty("enum").EnumerateArray().Select(v => v.GetString()));
    }

    private async Task<List<(string Name, JsonElement Operation)>> OperationsAsync()
    {
        var document = await (await api.Client.GetAsync("/openapi/v1.json")).JsonAsync(HttpStatusCode.OK);
        return [.. document.GetProperty("paths").EnumerateObject().SelectMany(path => path.Value.EnumerateObject()
            .Select(operation => ($"{operation.Name} {path.Name}", operation.Value)))];
    }

    private static IEnumerable<string> Statuses(JsonElement operation) => operation.GetProperty("responses").EnumerateObject().Select(r => r.Name);
}
