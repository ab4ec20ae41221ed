using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace ScaleHub.Http.Input;

/// <summary>
/// Timestamps as RFC 3339 has them: with an offset, as without one it would be the server's, with <c>T</c> and <c>Z</c> in either
/// case (section 5.6), and to the microsecond, which is what the database keeps.
/// </summary>
public sealed class TimestampConverter : JsonConverter<DateTimeOffset>
{
    /// <summary>What a client is told who sends something else.</summary>
    internal const string Use = "use a time with an offset, such as 2027-03-01T10:00:00Z";

    /// <inheritdoc/>
    /// <exception cref="JsonException">It is no timestamp, or has no offset.</exception>
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        return reader.TokenType == JsonTokenType.String && TryParse(reader.GetString(), out var time)
            ? time
            : throw new InvalidJsonValueException(Use);
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) => writer.WriteStringValue(value);

    /// <summary>The same rules for a text that is not in JSON.</summary>
    internal static bool TryParse(string? text, out DateTimeOffset time)
    {
        time = default;
        if (text?.ToUpperInvariant() is not { } capitals || !HasOffset(capitals) || !TryRead(capitals, out time)) return false;
        time = time.AddTicks(-(time.Ticks % TimeSpan.TicksPerMicrosecond));
        return true;
    }

    private static bool HasOffset(string text) => text.EndsWith('Z') || (text.Length > 6 && text[^6] is '+' or '-' && text[^3] == ':');

    // The serializer's own reader is strict about everything but knows capitals alone.
    private static bool TryRead(string text, out DateTimeOffset time)
    {
        time = default;
        if (!text.All(c => char.IsAsciiDigit(c) || c is 'T' or 'Z' or ':' or '.' or '+' or '-')) return false;
        var capitals = new Utf8JsonReader(Encoding.UTF8.GetBytes($"\"{text}\""));
        return capitals.Read() && capitals.TryGetDateTimeOffset(out time);
    }
}
