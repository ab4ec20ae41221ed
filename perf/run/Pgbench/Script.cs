using System.Text;
using System.Text.RegularExpressions;

namespace ScaleHub.Perf.Run.Pgbench;

/// <summary>
/// Makes a script of pgbench out of two recordings of the same kind of request. What differs between them is new in each
/// request, and so in each run of the script: identifiers, hashes, numbers of locks. All else is as it was sent; what goes in one round
/// trip does so in the script (a pipeline).
/// </summary>
internal static partial class Script
{
    /// <summary>Identifiers that grow, as of rows that are added.</summary>
    public static readonly Variables Growing = new("""
        \set seq :seq + 1
        \set n (:turn * 256 + :client_id) * 4294967296 + :seq
        """, AreTimes: false);

    /// <summary>Identifiers of any moment between two, as of a cursor anywhere in a list.</summary>
    public static Variables Between(DateTimeOffset from, DateTimeOffset to)
        => new($@"\set n random({from.ToUnixTimeMilliseconds()}, {to.ToUnixTimeMilliseconds()})", AreTimes: true);

    /// <summary>Identifiers that differ in their end, as of the companies that <see cref="Servers.Companies"/> makes.</summary>
    public static Variables AnyOf(int first, int last) => new($@"\set n random({first}, {last})", AreTimes: false);

    /// <summary>Writes it.</summary>
    /// <param name="first">A request.</param>
    /// <param name="second">Another one, with the same statements.</param>
    /// <param name="variables">How identifiers are made.</param>
    public static string Write(Recording first, Recording second, Variables variables)
    {
        var known = Identifiers(second).ToHashSet();
        var fresh = Identifiers(first).Where(id => !known.Contains(id)).ToHashSet();
        var text = new StringBuilder(variables.Text).Append('\n');
        foreach (var (i, batch) in first.Batches.Index())
        {
            if (batch.Count > 1) text.Append("\\startpipeline\n");
            foreach (var (j, statement) in batch.Index())
            {
                var other = second.Batches[i][j];
                // A statement of pgbench ends at a semicolon, and one of its lines at the line's end.
                text.Append(Placeholder().Replace(statement.Sql.Trim().TrimEnd(';'), match =>
                {
                    var number = int.Parse(match.Groups[1].ValueSpan, null) - 1;
                    return Literal(statement.Parameters[number], other.Parameters[number], fresh, variables.AreTimes);
                })).Append(";\n");
            }
            if (batch.Count > 1) text.Append("\\endpipeline\n");
        }
        return text.ToString();
    }

    /// <summary>The statements in their order, a line each with <c>|</c> between round trips.</summary>
    public static IEnumerable<string> Sql(Recording recording)
        => recording.Batches.Select(b => string.Join("; ", b.Select(s => Space().Replace(s.Sql.Trim(), " "))));

    private static IEnumerable<string> Identifiers(Recording recording)
        => recording.Batches.SelectMany(b => b).SelectMany(s => s.Parameters)
            .SelectMany(p => p.Text is null ? [] : Uuid().Matches(p.Text).Select(m => m.Value));

    private static string Literal(Parameter value, Parameter other, HashSet<string> fresh, bool byTime)
    {
        var type = PostgresValues.Name(value.Type);
        var cast = type is null ? "" : $"::{type}";
        if (value.Text is not { } text) return $"null{cast}";
        if (text != other.Text && type == "int8") return "(:n)::int8";
        if (text != other.Text && type == "bytea") return $"decode(lpad(to_hex(:n::int8), {(text.Length - 2) / 2 * 2}, '0'), 'hex')";
        List<string> parts = [];
        var at = 0;
        foreach (Match id in Uuid().Matches(text))
        {
            if (!fresh.Contains(id.Value)) continue;
            if (id.Index > at) parts.Add(Quote(text[at..id.Index]));
            parts.Add(byTime ? "lpad(to_hex(:n::int8), 12, '0') || '70008000000000000000'"
                : $"'{id.Value[..24]}' || lpad(to_hex(:n::int8), 12, '0')");
            at = id.Index + id.Length;
        }
        if (at < text.Length || parts.Count == 0) parts.Add(Quote(text[at..]));
        return parts.Count == 1 && at == 0 ? $"{parts[0]}{cast}" : $"({string.Join(" || ", parts)}){cast}";
    }

    // A colon before a letter would be a variable of pgbench wherever it is; E'' says it in another way. The same for a backslash.
    private static string Quote(string text)
        => text.Any(c => c is ':' or '\\' or '\n' or '\'')
            ? $"E'{text.Replace("\\", "\\\\").Replace("'", "\\'").Replace(":", "\\x3a").Replace("\n", "\\n")}'" : $"'{text}'";

    [GeneratedRegex(@"\$(\d+)")]
    private static partial Regex Placeholder();

    [GeneratedRegex("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")]
    private static partial Regex Uuid();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Space();

    /// <summary>How a script makes the number in its identifiers, <c>:n</c>.</summary>
    /// <param name="Text">Lines of the script.</param>
    /// <param name="AreTimes">Whether it is the time of a UUIDv7 in milliseconds; otherwise the last 48 bits of an identifier.</param>
    internal sealed record Variables(string Text, bool AreTimes);
}
