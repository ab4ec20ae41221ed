using System.Text.RegularExpressions;

namespace ScaleHub.Tests.ServiceDefaults;

/// <summary>The names in a query of Prometheus: which metrics, each with the labels that it is selected by, and which labels
/// group.</summary>
internal static partial class PromQl
{
    private static readonly HashSet<string> Words = ["and", "or", "unless", "bool", "offset", "inf", "nan"];

    /// <summary>Each metric, with the labels in its braces.</summary>
    public static IEnumerable<(string Name, string[] Labels)> Metrics(string query)
        => Selector().Matches(Grouping().Replace(Plain(query), " "))
            .Select(m => (Name: m.Groups["name"].Value, m.Groups["label"].Captures.Select(c => c.Value).ToArray()))
            .Where(m => !Words.Contains(m.Name));

    /// <summary>The labels of <c>by</c>, <c>on</c> and the like.</summary>
    public static IEnumerable<string> Grouped(string query)
        => Grouping().Matches(Plain(query)).SelectMany(m => m.Groups["label"].Captures.Select(c => c.Value));

    // Without what is between quotes or the brackets of a range: neither names anything.
    private static string Plain(string query) => Range().Replace(Text().Replace(query, "''"), "");

    [GeneratedRegex("\"[^\"]*\"")]
    private static partial Regex Text();

    [GeneratedRegex(@"\[[^\]]*\]|\boffset\s+\w+")]
    private static partial Regex Range();

    [GeneratedRegex(@"\b(by|without|on|ignoring|group_left|group_right)\s*\(\s*((?<label>\w+)\s*,?\s*)*\)")]
    private static partial Regex Grouping();

    // Not a function, which parentheses follow, nor a part of a number; and the labels in its braces.
    [GeneratedRegex(@"(?<![\w:.'])(?<name>[a-zA-Z_:][\w:]*)(?![\w:]*\s*\()"
        + @"(\s*\{\s*((?<label>\w+)\s*(=~|!~|!=|=)\s*''\s*,?\s*)*\})?")]
    private static partial Regex Selector();
}
