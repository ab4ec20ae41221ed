using System.Globalization;
using System.Text.RegularExpressions;

namespace ScaleHub.Tests.Http.RateLimiting;

/// <summary>The header <c>RateLimit</c>, read as a client would.</summary>
internal static partial class Limits
{
    public static Dictionary<string, (long Remaining, long Reset)> Of(HttpResponseMessage response)
    {
        var text = response.Headers.GetValues("RateLimit").Single();
        var items = text.Split(", ").Select(item => Item().Match(item)).ToList();
        Assert.All(items, item => Assert.True(item.Success, text));
        return items.ToDictionary(item => item.Groups[1].Value, item => (Number(item, 2), Number(item, 3)));
    }

    private static long Number(Match item, int group) => long.Parse(item.Groups[group].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex("""^"([a-z]+)";r=(\d+);t=(\d+)$""")]
    private static partial Regex Item();
}
