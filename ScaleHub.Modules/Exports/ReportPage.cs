using System.Net;
using System.Text;

namespace ScaleHub.Modules.Exports;

/// <summary>A report as a page to read and to print: no scripts, nothing from elsewhere.</summary>
internal static class ReportPage
{
    private const string Style = """
        body { font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a; background: #fff }
        h1 { font-size: 1.6rem } h2 { font-size: 1.1rem; margin: 1.5rem 0 .25rem }
        table { width: 100%; border-collapse: collapse } td { padding: .3rem 0; border-bottom: 1px solid #ddd }
        td + td { text-align: right; font-variant-numeric: tabular-nums }
        footer { margin-top: 2rem; color: #666; font-size: .85rem }
        @media print { body { margin: 0; max-width: none } h2, tr { break-inside: avoid } }
        """;

    public static byte[] Write(Report report, DateTimeOffset now)
    {
        var html = new StringBuilder($"<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{Text(report.Title)}</title>")
            .Append($"<meta name=\"viewport\" content=\"width=device-width\"><style>{Style}</style></head>\n<body><h1>{Text(report.Title)}</h1>\n");
        foreach (var (title, figures) in report.Sections)
        {
            html.Append($"<h2>{Text(title)}</h2><table>");
            foreach (var figure in figures) html.Append($"<tr><td>{Text(figure.Name)}</td><td>{Text(figure.Value)}</td></tr>");
            html.Append("</table>\n");
        }
        html.Append(FormattableString.Invariant($"<footer>Made on {now:yyyy-MM-dd HH:mm} UTC. Months are counted in UTC.</footer></body></html>\n"));
        return Encoding.UTF8.GetBytes(html.ToString());
    }

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
