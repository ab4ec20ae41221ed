using System.Net;
using System.Text.RegularExpressions;

namespace ScaleHub.Testing;

/// <summary>What a process shows to Prometheus on its private port (<c>Metrics__Port</c>), in Prometheus' text
/// format.</summary>
public static partial class PrometheusText
{
    /// <summary>The names of all series, each with the names of the labels that it has.</summary>
    public static async Task<Dictionary<string, HashSet<string>>> ScrapeAsync(int port)
    {
        using var client = new HttpClient();
        using var response = await client.GetAsync(new Uri($"http://127.0.0.1:{port}/metrics"));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("text/plain", response.Content.Headers.ContentType!.MediaType);
        Dictionary<string, HashSet<string>> series = [];
        foreach (var line in (await response.Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.StartsWith('#')) continue;
            var parts = Series().Match(line);
            Assert.True(parts.Success, line);
            var name = parts.Groups["name"].Value;
            series.TryAdd(name, []);
            series[name].UnionWith(parts.Groups["label"].Captures.Select(c => c.Value));
        }
        return series;
    }

    // name{label="value",…} number timestamp?
    [GeneratedRegex(@"^(?<name>[a-zA-Z_:][\w:]*)(\{((?<label>[a-zA-Z_]\w*)=""(\\.|[^""\\])*"",?)*\})? \S+( \d+)?$")]
    private static partial Regex Series();
}
