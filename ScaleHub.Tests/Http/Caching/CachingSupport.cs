using System.Text.RegularExpressions;

namespace ScaleHub.Tests.Http.Caching;

/// <summary>What tests of caches do again and again.</summary>
internal static partial class CachingSupport
{
    public const string Page = "/feed", Feed = "/api/v1/feed";

    /// <summary>A GET with headers as they are, and the answer's body as it came.</summary>
    public static async Task<HttpResponseMessage> AskAsync(
        this HttpClient client, string path, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        foreach (var (name, value) in headers) Assert.True(request.Headers.TryAddWithoutValidation(name, value));
        return await client.SendAsync(request);
    }

    /// <summary>The addresses of the files that the page names: <c>/assets/feed.HASH.css</c>.</summary>
    public static async Task<string[]> AssetsAsync(this HttpClient client)
        => [.. Address().Matches(await client.GetStringAsync(Page)).Select(m => m.Value).Distinct()];

    /// <summary>The address of one of them.</summary>
    public static async Task<string> AssetAsync(this HttpClient client, string name)
    {
        var parts = name.Split('.');
        return (await client.AssetsAsync()).Single(a => a.StartsWith($"/assets/{parts[0]}.", StringComparison.Ordinal)
            && a.EndsWith($".{parts[1]}", StringComparison.Ordinal));
    }

    /// <summary>A header's value, of the response or its content; null if it has none.</summary>
    public static string? Header(this HttpResponseMessage response, string name)
        => response.Headers.TryGetValues(name, out var values) || response.Content.Headers.TryGetValues(name, out values)
            ? string.Join(", ", values)
            : null;

    /// <summary>What the balancer did with a request (RFC 9211): the last of those who say something.</summary>
    public static string? CacheStatus(this HttpResponseMessage response) => response.Header("Cache-Status")?.Split(", ")[^1];

    [GeneratedRegex(@"/assets/[\w.-]+")]
    private static partial Regex Address();
}
