using System.Buffers.Binary;
using System.Text;

namespace ScaleHub.Testing;

/// <summary>
/// A field of a protobuf message (protobuf.dev, "Encoding"): its number, and its value as a number or as the bytes of a text or
/// of a message inside.
/// </summary>
internal readonly record struct ProtobufField(int Number, ulong Value, ReadOnlyMemory<byte> Bytes)
{
    public string Text => Encoding.UTF8.GetString(Bytes.Span);

    public string Hex => Convert.ToHexStringLower(Bytes.Span);

    public double Double => BitConverter.UInt64BitsToDouble(Value);

    /// <summary>The fields of the message that this field is.</summary>
    public IEnumerable<ProtobufField> Fields => Protobuf.Read(Bytes);
}

/// <summary>Reads protobuf without knowing the messages: callers know the numbers of the fields.</summary>
internal static class Protobuf
{
    /// <summary>The fields in the order in which they stand.</summary>
    /// <exception cref="InvalidDataException">It is no protobuf, or has groups, which nobody has used for long.</exception>
    public static IEnumerable<ProtobufField> Read(ReadOnlyMemory<byte> message)
    {
        while (message.Length > 0)
        {
            var tag = Varint(ref message);
            var number = (int)(tag >> 3);
            switch (tag & 7)
            {
                case 0:
                    yield return new(number, Varint(ref message), default);
                    break;
                case 1:
                    yield return new(number, BinaryPrimitives.ReadUInt64LittleEndian(Take(ref message, 8).Span), default);
                    break;
                case 2:
                    yield return new(number, 0, Take(ref message, (int)Varint(ref message)));
                    break;
                case 5:
                    yield return new(number, BinaryPrimitives.ReadUInt32LittleEndian(Take(ref message, 4).Span), default);
                    break;
                default:
                    throw new InvalidDataException($"Field {number} has the wire type {tag & 7}.");
            }
        }
    }

    private static ulong Varint(ref ReadOnlyMemory<byte> rest)
    {
        var value = 0ul;
        for (var shift = 0; ; shift += 7)
        {
            var next = Take(ref rest, 1).Span[0];
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80) return value;
        }
    }

    private static ReadOnlyMemory<byte> Take(ref ReadOnlyMemory<byte> rest, int length)
    {
        if (length > rest.Length) throw new InvalidDataException("The message ends within a field.");
        var taken = rest[..length];
        rest = rest[length..];
        return taken;
    }
}
