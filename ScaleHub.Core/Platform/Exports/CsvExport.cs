using System.Text.Json;
using CsvHelper;
using ScaleHub.Core.Platform.Postgres;

namespace ScaleHub.Core.Platform.Exports;

/// <summary>
/// Writes a list as CSV (RFC 4180), in UTF-8 with a byte order mark, without which spreadsheets take it for something else.
/// <para>Guarantee: every row that was there from the beginning to the end is in it once, in the order of creation. Rows that are added or
/// deleted meanwhile may be in it or not: pages are read one after another, each with a statement of its own, so that neither memory nor a
/// transaction grows with the list.</para>
/// <para>A text that a spreadsheet would take for a formula gets an apostrophe in front (OWASP, CSV Injection).</para>
/// </summary>
public static class CsvExport
{
    private const int PageSize = 2000;

    private static readonly CsvWriterOptions Options = new() { WriteByteOrderMark = true, Injection = CsvInjection.Escape };

    /// <summary>Writes it, and leaves the stream open.</summary>
    /// <param name="list">What.</param>
    /// <param name="db">From where.</param>
    /// <param name="stream">Where to.</param>
    /// <param name="report">Is told how many rows are written.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>How many rows were written.</returns>
    public static async Task<long> WriteAsync(
        ExportableList list, ReadDb db, Stream stream, Func<long, Task> report, CancellationToken cancellationToken)
    {
        await using var csv = CsvWriter.Create(stream, Options, leaveOpen: true);
        csv.WriteHeader([.. list.Columns]);
        long written = 0;
        var (last, count) = (Guid.Empty, PageSize);
        while (count == PageSize)
        {
            (var rows, count, last) = await list.PageAsync(db, last, PageSize, cancellationToken);
            foreach (var row in rows)
            {
                Write(csv, row);
                await csv.EndRecordAsync(cancellationToken);
            }
            written += count;
            await report(written);
        }
        await csv.FlushAsync(cancellationToken);
        return written;
    }

    private static void Write(CsvWriter csv, byte[] row)
    {
        // All objects of a type have the same members in the same order.
        var reader = new Utf8JsonReader(row);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            reader.Read();
            switch (reader.TokenType)
            {
                case JsonTokenType.Null:
                    csv.WriteField("");
                    break;
                case JsonTokenType.Number:
                    csv.WriteField(reader.GetDecimal());
                    break;
                case JsonTokenType.StartObject or JsonTokenType.StartArray:
                    // What has parts, as it is in the API.
                    var start = (int)reader.TokenStartIndex;
                    reader.Skip();
                    csv.WriteField(row.AsSpan(start, (int)reader.BytesConsumed - start));
                    break;
                case JsonTokenType.String:
                    csv.WriteField(reader.GetString());
                    break;
                default:
                    csv.WriteField(reader.GetBoolean());
                    break;
            }
        }
    }
}
