using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http.Metadata;
using ScaleHub.Http.Input;

namespace ScaleHub.Http.Errors;

/// <summary>400, with a sentence that tells the client what to change.</summary>
public sealed class BadRequestException(string detail) : BadHttpRequestException(detail);

/// <summary>
/// Says what was wrong with a request, in the client's terms: the framework's messages name .NET types. Place and line come from
/// the exception itself. Where only the message tells cases apart, a test per case fails when a new version of the framework
/// words it otherwise, and clients then get the general sentence.
/// </summary>
internal static partial class BadRequestText
{
    /// <summary>For 413.</summary>
    public const string TooLarge = "A body has at most 1 megabyte.";

    /// <summary>For 415.</summary>
    public const string MediaType = "The body must be application/json.";

    public static string Explain(BadHttpRequestException bad, Endpoint? endpoint)
    {
        if (bad is BadRequestException) return bad.Message;
        if (bad.InnerException is JsonException json) return Explain(json);
        if (bad.StatusCode == StatusCodes.Status413PayloadTooLarge) return TooLarge;
        if (bad.StatusCode == StatusCodes.Status415UnsupportedMediaType) return MediaType;
        if (Binding().Match(bad.Message) is { Success: true } match)
        {
            var name = CamelCase(match.Groups["name"].Value);
            return $"The value '{match.Groups["value"].Value}' is not valid for {name}{Allowed(endpoint, name)}.";
        }
        if (Missing().Match(bad.Message) is { Success: true } missing)
            return $"The parameter {CamelCase(missing.Groups["name"].Value)} is missing.";
        return bad.Message.StartsWith("Implicit body inferred", StringComparison.Ordinal)
            ? "The request needs a JSON body." : "The request is malformed.";
    }

    private static string Explain(JsonException json)
    {
        var place = json.Path is { Length: > 1 } path ? $" at {path}" : "";
        var line = json.LineNumber is { } number ? $" (line {number + 1})" : "";
        if (json is InvalidJsonValueException) return $"The JSON value{place}{line} is not valid: {json.Message}.";
        if (Required().Match(json.Message) is { Success: true } match)
            return $"Missing in the JSON body: {match.Groups["names"].Value.TrimEnd('.')}.";
        if (json.Message.Contains("could not be mapped to any .NET member", StringComparison.Ordinal))
            return $"The body has a member that this request does not know,{place}{line}.";
        if (Duplicate().Match(json.Message) is { Success: true } twice)
            return $"The body has the member '{twice.Groups["name"].Value}' more than once.";
        if (place.Length > 0) return $"The JSON value{place}{line} is not valid.";
        // The reader's own exception is inside when it is not even JSON.
        return json.InnerException is JsonException ? $"The body is not valid JSON{line}." : "The body must be a JSON object.";
    }

    /// <summary>What would be right: the names of a parameter's enum, or the form of a time.</summary>
    private static string Allowed(Endpoint? endpoint, string name)
    {
        var type = endpoint?.Metadata.OfType<IParameterBindingMetadata>()
            .FirstOrDefault(p => string.Equals(p.Name, name, StringComparison.OrdinalIgnoreCase))?.ParameterInfo.ParameterType;
        if (type is null) return "";
        if (EnumName.NamesOf(type) is { } names) return $": {EnumName.OneOf(names)}";
        return (Nullable.GetUnderlyingType(type) ?? type) == typeof(Timestamp) ? $": {TimestampConverter.Use}" : "";
    }

    private static string CamelCase(string name) => JsonNamingPolicy.CamelCase.ConvertName(name);

    [GeneratedRegex("""^Failed to bind parameter ".* (?<name>\w+)" from "(?<value>.{0,100}?)(?:"\.)?$""", RegexOptions.CultureInvariant)]
    private static partial Regex Binding();

    [GeneratedRegex("""^Required parameter ".* (?<name>\w+)" was not provided from""", RegexOptions.CultureInvariant)]
    private static partial Regex Missing();

    [GeneratedRegex("""missing required properties[^:]*: (?<names>.+)$""", RegexOptions.CultureInvariant | RegexOptions.Singleline)]
    private static partial Regex Required();

    [GeneratedRegex("""^Duplicate property '(?<name>[^']{0,100})' encountered""", RegexOptions.CultureInvariant)]
    private static partial Regex Duplicate();
}
