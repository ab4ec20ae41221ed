using System.Text.Json;
using System.Text.Json.Serialization;

namespace ScaleHub.Api.Http;

/// <summary>
/// Timestamps as RFC 3339 has them: with an offset, as without one it would be the server's, and to the microsecond, which is what
/// the database keeps.
/// </summary>
public sealed class TimestampConverter : JsonConverter<DateTimeOffset>
{
    /// <inheritdoc/>
    /// <exception cref="JsonException">It is no timestamp, or has no offset.</exception>
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.String || reader.GetString() is not { } text || !HasOffset(text)
            || !reader.TryGetDateTimeOffset(out var time))
        {
            throw new JsonException();
        }
        return time.AddTicks(-(time.Ticks % TimeSpan.TicksPerMicrosecond));
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) => writer.WriteStringValue(value);

    private static bool HasOffset(string text) => text.EndsWith('Z') || (text.Length > 6 && text[^6] is '+' or '-' && text[^3] == ':');
}
