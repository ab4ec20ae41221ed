using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace ScaleHub.Core.Platform.Auditing;

/// <summary>Writes the changes of an entry as JSON, within bounds.</summary>
public sealed class AuditDetail : IDisposable
{
    /// <summary>Most bytes of an entry's changes, as UTF-8. Members that do not fit are left out, and <c>"cut": true</c> says so.</summary>
    public const int MaxBytes = 16 * 1024;

    /// <summary>Most characters of a text, and of a value that is JSON itself; an ellipsis stands for the rest.</summary>
    public const int MaxText = 1000;

    // For "cut", and what joins the members.
    private const int Reserve = 64;

    private static readonly JsonWriterOptions Unescaped = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private readonly ArrayBufferWriter<byte> _all = new(), _one = new();
    private readonly Utf8JsonWriter _writer;
    private bool _cut;

    internal AuditDetail()
    {
        _writer = new(_all, Unescaped);
        _writer.WriteStartObject();
    }

    /// <summary>Whether nothing was added.</summary>
    internal bool IsEmpty { get; private set; } = true;

    /// <summary>A member that came into being with a value.</summary>
    internal void To(string member, object? value) => Add(member, writer => Write(writer, "to", value));

    /// <summary>A member that went with its value.</summary>
    internal void From(string member, object? value) => Add(member, writer => Write(writer, "from", value));

    /// <summary>A member that has another value.</summary>
    internal void Changed(string member, object? from, object? to) => Add(member, writer =>
    {
        Write(writer, "from", from);
        Write(writer, "to", to);
    });

    /// <summary>A secret that is another one.</summary>
    internal void Changed(string member) => Add(member, writer => writer.WriteBoolean("changed", true));

    /// <summary>The JSON; nothing can be added afterwards.</summary>
    internal string End()
    {
        if (_cut) _writer.WriteBoolean("cut", true);
        _writer.WriteEndObject();
        _writer.Flush();
        return Encoding.UTF8.GetString(_all.WrittenSpan);
    }

    /// <inheritdoc/>
    public void Dispose() => _writer.Dispose();

    private void Add(string member, Action<Utf8JsonWriter> write)
    {
        IsEmpty = false;
        _one.ResetWrittenCount();
        using (var writer = new Utf8JsonWriter(_one, Unescaped))
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        }
        if (_writer.BytesCommitted + _writer.BytesPending + _one.WrittenCount + (6 * member.Length) + Reserve > MaxBytes) _cut = true;
        else
        {
            _writer.WritePropertyName(member);
            _writer.WriteRawValue(_one.WrittenSpan, skipInputValidation: true);
        }
    }

    private static void Write(Utf8JsonWriter writer, string name, object? value)
    {
        writer.WritePropertyName(name);
        switch (value)
        {
            case null: writer.WriteNullValue(); break;
            case string text: writer.WriteStringValue(Cut(text)); break;
            case bool flag: writer.WriteBooleanValue(flag); break;
            case int number: writer.WriteNumberValue(number); break;
            case long number: writer.WriteNumberValue(number); break;
            case Guid id: writer.WriteStringValue(id); break;
            case DateTimeOffset time: writer.WriteStringValue(time); break;
            case Enum: writer.WriteStringValue(JsonNamingPolicy.CamelCase.ConvertName(value.ToString()!)); break;
            default:
                var json = JsonSerializer.Serialize(value, value.GetType(), JsonSerializerOptions.Web);
                if (json.Length <= MaxText) writer.WriteRawValue(json, skipInputValidation: true);
                else writer.WriteStringValue(Cut(json));
                break;
        }
    }

    private static string Cut(string text)
    {
        if (text.Length <= MaxText) return text;
        // Not between the halves of a character.
        var length = char.IsHighSurrogate(text[MaxText - 1]) ? MaxText - 1 : MaxText;
        return string.Concat(text.AsSpan(0, length), "…");
    }
}
