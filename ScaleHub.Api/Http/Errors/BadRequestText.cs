using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using ScaleHub.Core.Platform.Postgres;

namespace ScaleHub.Api.Http.Errors;

/// <summary>400, with a sentence that tells the client what to change.</summary>
public sealed class BadRequestException(string detail) : BadHttpRequestException(detail);

/// <summary>Says what was wrong with a request, in the client's terms: the framework's messages name .NET types.</summary>
internal static partial class BadRequestText
{
    /// <summary>For 413.</summary>
    public const string TooLarge = "A body has at most 1 megabyte.";

    /// <summary>For 415.</summary>
    public const string MediaType = "The body must be application/json.";

    public static string Explain(BadHttpRequestException bad)
    {
        if (bad is BadRequestException) return bad.Message;
        if (bad.InnerException is JsonException json) return Explain(json);
        if (bad.StatusCode == StatusCodes.Status413PayloadTooLarge) return TooLarge;
        if (bad.StatusCode == StatusCodes.Status415UnsupportedMediaType) return MediaType;
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
        if (place.Length > 0) return $"The JSON value{place}{line} is not valid{Allowed(json)}.";
        // The reader's own exception is inside when it is not even JSON.
        return json.InnerException is JsonException ? $"The body is not valid JSON{line}." : "The body must be a JSON object.";
    }

    /// <summary>The names of an enum. The message has its type, or that of the record that it is a parameter of.</summary>
    private static string Allowed(JsonException json)
    {
        if (Target().Match(json.Message) is not { Success: true } match) return "";
        var name = match.Groups["type"].Value;
        var type = typeof(BadRequestText).Assembly.GetType(name) ?? typeof(TenantDbContext).Assembly.GetType(name);
        if (type is { IsEnum: false } && json.Path?.Split('.')[^1] is { } member)
            type = type.GetProperty(member, BindingFlags.Public | BindingFlags.Instance | BindingFlags.IgnoreCase)?.PropertyType;
        if (type is not null) type = Nullable.GetUnderlyingType(type) ?? type;
        return type is { IsEnum: true } ? $": use one of {string.Join(", ", Enum.GetNames(type).Select(CamelCase))}" : "";
    }

    private static string CamelCase(string name) => JsonNamingPolicy.CamelCase.ConvertName(name);

    [GeneratedRegex("""^Failed to bind parameter ".* (?<name>\w+)" from "(?<value>.{0,100}?)(?:"\.)?$""", RegexOptions.CultureInvariant)]
    private static partial Regex Binding();

    [GeneratedRegex("""^Required parameter ".* (?<name>\w+)" was not provided from""", RegexOptions.CultureInvariant)]
    private static partial Regex Missing();

    [GeneratedRegex(
        """^The JSON value could not be converted to (System\.Nullable`1\[)?(?<type>[\w.+]*\w)""", RegexOptions.CultureInvariant)]
    private static partial Regex Target();

    [GeneratedRegex("""missing required properties[^:]*: (?<names>.+)$""", RegexOptions.CultureInvariant | RegexOptions.Singleline)]
    private static partial Regex Required();
}
