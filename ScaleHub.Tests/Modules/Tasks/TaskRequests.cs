using System.Net;
using System.Text.Json;
using ScaleHub.Testing;

namespace ScaleHub.Tests.Modules.Tasks;

/// <summary>What tests of tasks ask again and again.</summary>
internal static class TaskRequests
{
    public const string All = "/api/v1/tasks";

    /// <summary>A task as it was answered on creation.</summary>
    public static async Task<JsonElement> AddTaskAsync(this HttpClient client, object body)
        => await (await client.PostJsonAsync(All, body)).JsonAsync(HttpStatusCode.Created);

    public static Task<HttpResponseMessage> PatchAsync(this HttpClient client, string path, string body)
        => client.PatchAsync(path, Responses.Json(body));

    /// <summary>A request with <c>If-Match</c> as it is given.</summary>
    public static async Task<HttpResponseMessage> IfMatchAsync(
        this HttpClient client, HttpMethod method, string path, string ifMatch, string? body = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null) request.Content = Responses.Json(body);
        Assert.True(request.Headers.TryAddWithoutValidation("If-Match", ifMatch));
        return await client.SendAsync(request);
    }

    /// <summary>The ids of a page of a list.</summary>
    public static async Task<List<Guid>> IdsAsync(this HttpClient client, string path)
        => [.. (await (await client.GetAsync(path)).JsonAsync(HttpStatusCode.OK)).Items().Select(PracticeSupport.Id)];

    /// <summary>The ids of a list, page by page.</summary>
    public static async Task<List<Guid>> WalkAsync(this HttpClient client, string path)
    {
        var ids = new List<Guid>();
        for (var url = path; url is not null;)
        {
            var response = await client.GetAsync(url);
            ids.AddRange((await response.JsonAsync(HttpStatusCode.OK)).Items().Select(PracticeSupport.Id));
            // By number there is a link to the page before, too.
            var links = response.Headers.TryGetValues("Link", out var values) ? values.Single().Split(", ") : [];
            var next = links.SingleOrDefault(l => l.EndsWith("rel=\"next\"", StringComparison.Ordinal));
            url = next?[1..next.IndexOf('>', StringComparison.Ordinal)];
        }
        return ids;
    }

    /// <summary>That a problem names a member, and no other.</summary>
    public static void AssertNames(this JsonElement problem, params string[] members)
        => Assert.Equal(members, problem.GetProperty("errors").EnumerateObject().Select(e => e.Name));
}
