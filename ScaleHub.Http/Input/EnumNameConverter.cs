using System.Text.Json;
using System.Text.Json.Serialization;
using ScaleHub.Core.Platform;

namespace ScaleHub.Http.Input;

/// <summary>What would be right, for the client to read; the serializer adds where in the body it is wrong.</summary>
internal sealed class InvalidJsonValueException(string use) : JsonException(use);

/// <summary>
/// Every enum by its exact name in camelCase (<see cref="EnumNames"/>); anything else is 400 and lists the names.
/// </summary>
internal sealed class EnumNameConverter : JsonConverterFactory
{
    public override bool CanConvert(Type typeToConvert) => typeToConvert.IsEnum;

    public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options)
        => (JsonConverter)Activator.CreateInstance(typeof(Of<>).MakeGenericType(typeToConvert))!;

    private sealed class Of<T> : JsonConverter<T> where T : struct, Enum
    {
        // So that null gets the names too.
        public override bool HandleNull => true;

        public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
            => reader.TokenType == JsonTokenType.String && EnumNames.Find<T>(reader.GetString()) is { } value
                ? value
                : throw new InvalidJsonValueException(EnumName.OneOf(EnumNames.Of<T>()));

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options)
            => writer.WriteStringValue(EnumNames.Write(value));
    }
}
