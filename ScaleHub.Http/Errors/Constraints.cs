using System.Text.Json;
using Npgsql;

namespace ScaleHub.Http.Errors;

/// <summary>
/// Which member of a body a constraint of the database is about. PostgreSQL names constraints after table and columns
/// (<c>orders_company_id_patient_id_fkey</c>), every key begins with the company, and members are the columns in camelCase; so
/// the name tells.
/// </summary>
internal static class Constraints
{
    private static readonly string[] Kinds = ["_check", "_key", "_fkey", "_pkey"];

    /// <summary>The member; null when the constraint is about several, or about the identity of the row itself.</summary>
    public static string? MemberOf(PostgresException exception)
    {
        if (exception is not { ConstraintName: { } name, TableName: { } table }
            || !name.StartsWith($"{table}_", StringComparison.Ordinal)
            || Kinds.FirstOrDefault(k => name.EndsWith(k, StringComparison.Ordinal)) is not { } kind || kind == "_pkey")
            return null;
        var columns = name[(table.Length + 1)..^kind.Length];
        const string Company = "company_id_";
        if (columns.StartsWith(Company, StringComparison.Ordinal)) columns = columns[Company.Length..];
        return CamelCase(columns);
    }

    /// <summary>The table that refers to what should go, as a client may read it.</summary>
    public static string Referrer(PostgresException exception) => exception.TableName?.Replace('_', ' ') ?? "others";

    private static string CamelCase(string snake)
        => JsonNamingPolicy.CamelCase.ConvertName(
            string.Concat(snake.Split('_').Where(w => w.Length > 0).Select(w => char.ToUpperInvariant(w[0]) + w[1..])));
}
