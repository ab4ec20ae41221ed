using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace ScaleHub.Http.Input;

/// <summary>
/// A member of a PATCH body (JSON Merge Patch, RFC 7396): absent, which leaves what there is, or given, which may be null where
/// <typeparamref name="T"/> can be. The default is absent. In the body of a POST it tells null from a default.
/// </summary>
/// <typeparam name="T">What the member is when it is given.</typeparam>
[JsonConverter(typeof(OptionalConverter))]
[SuppressMessage("Naming", "CA1716", Justification = "Nobody uses it from Visual Basic.")]
public readonly struct Optional<T> : IOptional
{
    /// <summary>A member that is given.</summary>
    public Optional(T value) => (Value, IsGiven) = (value, true);

    /// <summary>The value, when it is given.</summary>
    public T Value { get; }

    /// <inheritdoc/>
    public bool IsGiven { get; }

    object? IOptional.Value => Value;

    /// <summary>The value that is given, otherwise the current one.</summary>
    public T Or(T current) => IsGiven ? Value : current;
}

/// <summary>An <see cref="Optional{T}"/> of whatever type, for attributes that validate it.</summary>
public interface IOptional
{
    /// <summary>Whether the body has the member.</summary>
    bool IsGiven { get; }

    /// <summary>What the body has there.</summary>
    object? Value { get; }
}

/// <summary>Reads what is given; what is absent is never read.</summary>
internal sealed class OptionalConverter : JsonConverterFactory
{
    public override bool CanConvert(Type typeToConvert)
        => typeToConvert.IsGenericType && typeToConvert.GetGenericTypeDefinition() == typeof(Optional<>);

    public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options)
        => (JsonConverter)Activator.CreateInstance(typeof(Of<>).MakeGenericType(typeToConvert.GenericTypeArguments[0]), options)!;

    // The converter itself, not the serializer: an error in it then has its place in the whole body.
    private sealed class Of<T>(JsonSerializerOptions options) : JsonConverter<Optional<T>>
    {
        private readonly JsonConverter<T> _inner = (JsonConverter<T>)options.GetConverter(typeof(T));

        public override bool HandleNull => true;

        public override Optional<T> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
            => new(reader.TokenType == JsonTokenType.Null && default(T) is null
                ? default!
                : _inner.Read(ref reader, typeof(T), options)!);

        public override void Write(Utf8JsonWriter writer, Optional<T> value, JsonSerializerOptions options)
            => throw new NotSupportedException("A PATCH body is only read.");
    }
}
