using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace ScaleHub.Perf.Run.Pgbench;

/// <summary>Values of parameters in PostgreSQL's binary format, as text that PostgreSQL reads. Only the types that the API sends.</summary>
internal static class PostgresValues
{
    private static readonly DateTime Epoch = new(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    // pg_type.oid of types, and of arrays of them.
    private static readonly Dictionary<uint, string> Names = new()
    {
        [16] = "bool",
        [17] = "bytea",
        [20] = "int8",
        [21] = "int2",
        [23] = "int4",
        [25] = "text",
        [701] = "float8",
        [1043] = "varchar",
        [1082] = "date",
        [1184] = "timestamptz",
        [1186] = "interval",
        [1700] = "numeric",
        [2950] = "uuid",
        [3802] = "jsonb",
        [1009] = "text[]",
        [1016] = "int8[]",
        [1007] = "int4[]",
        [2951] = "uuid[]",
    };

    private static readonly Dictionary<uint, uint> Elements = new() { [1009] = 25, [1016] = 20, [1007] = 23, [2951] = 2950 };

    /// <summary>The type's name; null when PostgreSQL is to find it out.</summary>
    public static string? Name(uint type)
        => type == 0 ? null : Names.TryGetValue(type, out var name) ? name
            : throw new RowException($"The API sends a parameter of the type {type}, which PostgresValues.cs does not know.");

    /// <summary>The value as text.</summary>
    public static string Read(uint type, ReadOnlySpan<byte> value)
    {
        switch (Name(type))
        {
            case "bool": return value[0] != 0 ? "true" : "false";
            case "bytea": return $"\\x{Convert.ToHexStringLower(value)}";
            case "int2": return $"{BinaryPrimitives.ReadInt16BigEndian(value)}";
            case "int4": return $"{BinaryPrimitives.ReadInt32BigEndian(value)}";
            case "int8": return $"{BinaryPrimitives.ReadInt64BigEndian(value)}";
            case "float8": return BinaryPrimitives.ReadDoubleBigEndian(value).ToString("R", CultureInfo.InvariantCulture);
            case "text" or "varchar": return Encoding.UTF8.GetString(value);
            // The first byte is a version.
            case "jsonb": return Encoding.UTF8.GetString(value[1..]);
            case "uuid": return new Guid(value, bigEndian: true).ToString();
            case "date": return Epoch.AddDays(BinaryPrimitives.ReadInt32BigEndian(value)).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
            case "timestamptz":
                return Epoch.AddTicks(BinaryPrimitives.ReadInt64BigEndian(value) * 10).ToString("O", CultureInfo.InvariantCulture);
            case "interval":
                return string.Create(CultureInfo.InvariantCulture, $"{BinaryPrimitives.ReadInt32BigEndian(value[12..])} months "
                    + $"{BinaryPrimitives.ReadInt32BigEndian(value[8..])} days {BinaryPrimitives.ReadInt64BigEndian(value)} microseconds");
            default:
                return Elements.TryGetValue(type, out var element) ? ReadArray(element, value)
                    : throw new RowException($"The API sends a value of the type {Name(type)}, which PostgresValues.cs cannot read.");
        }
    }

    // Dimensions, whether there is a NULL, the type; for each dimension its length and first index; then each element.
    private static string ReadArray(uint element, ReadOnlySpan<byte> value)
    {
        if (BinaryPrimitives.ReadInt32BigEndian(value) == 0) return "{}";
        var (count, at, elements) = (BinaryPrimitives.ReadInt32BigEndian(value[12..]), 20, new List<string>());
        for (var i = 0; i < count; i++)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(value[at..]);
            at += 4;
            elements.Add(length < 0 ? "NULL" : $"\"{Read(element, value.Slice(at, length)).Replace("\\", "\\\\").Replace("\"", "\\\"")}\"");
            at += Math.Max(0, length);
        }
        return $"{{{string.Join(',', elements)}}}";
    }
}
