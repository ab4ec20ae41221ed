using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace ScaleHub.Testing;

/// <summary>What tests say of a response.</summary>
public static class Responses
{
    /// <summary>The JSON body of a response with that status.</summary>
    public static async Task<JsonElement> JsonAsync(this HttpResponseMessage response, HttpStatusCode expected)
    {
        var text = await response.Content.ReadAsStringAsync();
        var request = response.RequestMessage;
        Assert.True(response.StatusCode == expected, $"{request?.Method} {request?.RequestUri}: {response.StatusCode} {text}");
        return JsonDocument.Parse(text).RootElement;
    }

    /// <summary>A well-formed problem that leaks nothing; returns it. The load balancer's own are not traced.</summary>
    public static async Task<JsonElement> ProblemAsync(
        this HttpResponseMessage response, HttpStatusCode expected, bool isTraced = true)
    {
        var problem = await response.JsonAsync(expected);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal((int)expected, problem.GetProperty("status").GetInt32());
        Assert.False(string.IsNullOrEmpty(problem.GetProperty("title").GetString()));
        if (isTraced) Assert.False(string.IsNullOrEmpty(problem.GetProperty("traceId").GetString()));
        foreach (var inside in (string[])["Npgsql", "System.", "Microsoft.", "ScaleHub.", "   at ", ".cs:", "SELECT", "select "])
            Assert.DoesNotContain(inside, problem.ToString(), StringComparison.Ordinal);
        return problem;
    }

    public static StringContent Json(string body) => new(body, Encoding.UTF8, "application/json");

    public static Task<HttpResponseMessage> PostJsonAsync(this HttpClient client, string path, object body) => client.PostAsJsonAsync(path, body);
}
