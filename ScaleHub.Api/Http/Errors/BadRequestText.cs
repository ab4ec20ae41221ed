using System.Text.Json;
using System.Text.RegularExpressions;

namespace ScaleHub.Api.Http.Errors;

/// <summary>400, with a sentence that tells the client what to change.</summary>
public sealed class BadRequestException(string detail) : BadHttpRequestException(detail);

/// <summary>Says what was wrong with a request, in the client's terms: the framework's messages name .NET types.</summary>
internal static partial class BadRequestText
{
    public static string Explain(BadHttpRequestException bad)
    {
        if (bad is BadRequestException) return bad.Message;
        if (bad.InnerException is JsonException json) return Explain(json);
        if (bad.StatusCode == StatusCodes.Status413PayloadTooLarge) return "The request body is too large.";
        if (bad.StatusCode == StatusCodes.Status415UnsupportedMediaType) return "Send the body as application/json.";
        if (Binding().Match(bad.Message) is { Success: true } match)
            return $"The value '{match.Groups["value"].Value}' is not valid for {CamelCase(match.Groups["name"].Value)}.";
        if (Missing().Match(bad.Message) is { Success: true } missing)
            return $"The parameter {CamelCase(missing.Groups["name"].Value)} is missing.";
        return bad.Message.StartsWith("Implicit body inferred", StringComparison.Ordinal)
            ? "The request needs a JSON body." : "The request is malformed.";
    }

    private static string Explain(JsonException json)
    {
        // "missing required properties including: 'title'" is the one inner message that a client can use.
        if (Required().Match(json.Message) is { Success: true } match)
            return $"Missing in the JSON body: {match.Groups["names"].Value.TrimEnd('.')}.";
        var place = json.Path is { Length: > 1 } path ? $" at {path}" : "";
        var line = json.LineNumber is { } number ? $" (line {number + 1})" : "";
        return place.Length > 0 ? $"The JSON value{place}{line} is not valid." : $"The body is not valid JSON{line}.";
    }

    private static string CamelCase(string name) => JsonNamingPolicy.CamelCase.ConvertName(name);

    [GeneratedRegex("""^Failed to bind parameter ".* (?<name>\w+)" from "(?<value>.{0,100}?)(?:"\.)?$""", RegexOptions.CultureInvariant)]
    private static partial Regex Binding();

    [GeneratedRegex("""^Required parameter ".* (?<name>\w+)" was not provided from""", RegexOptions.CultureInvariant)]
    private static partial Regex Missing();

    [GeneratedRegex("""missing required properties[^:]*: (?<names>.+)$""", RegexOptions.CultureInvariant | RegexOptions.Singleline)]
    private static partial Regex Required();
}
