using UglyToad.PdfPig.Content;
using UglyToad.PdfPig.Core;
using UglyToad.PdfPig.Fonts.Standard14Fonts;
using UglyToad.PdfPig.Writer;

namespace ScaleHub.Modules.Exports;

/// <summary>
/// A report as a PDF of one A4 page, in the fonts that every reader has (ISO 32000-1, 9.6.2.2). These know the letters of Western
/// Europe; others become question marks, and the HTML page has them.
/// </summary>
internal static class ReportPdf
{
    private const double Left = 60, Right = 535;

    public static byte[] Write(Report report, DateTimeOffset now)
    {
        using var builder = new PdfDocumentBuilder { DocumentInformation = { Title = report.Title, Producer = "ScaleHub" } };
        var (plain, bold) = (builder.AddStandard14Font(Standard14Font.Helvetica), builder.AddStandard14Font(Standard14Font.HelveticaBold));
        var page = builder.AddPage(PageSize.A4);
        var y = 770.0;
        // A long name takes a smaller letter, not the margin.
        var title = Western(report.Title);
        var size = Math.Max(7, Math.Min(18, 18 * (Right - Left) / Math.Max(1, Width(page, title, 18, bold))));
        page.AddText(title, size, new(Left, y), bold);
        foreach (var (heading, figures) in report.Sections)
        {
            y -= 34;
            page.AddText(Western(heading), 13, new(Left, y), bold);
            foreach (var figure in figures)
            {
                y -= 20;
                var value = Western(figure.Value);
                page.AddText(Western(figure.Name), 11, new(Left, y), plain);
                page.AddText(value, 11, new(Right - Width(page, value, 11, plain), y), plain);
                page.DrawLine(new(Left, y - 5), new(Right, y - 5), 0.5);
            }
        }
        page.AddText(FormattableString.Invariant($"Made on {now:yyyy-MM-dd HH:mm} UTC. Months are counted in UTC."), 9, new(Left, 50), plain);
        return builder.Build();
    }

    private static double Width(PdfPageBuilder page, string text, double size, PdfDocumentBuilder.AddedFont font)
        => page.MeasureText(text, size, PdfPoint.Origin, font) is [.., var last] ? last.EndBaseLine.X : 0;

    private static string Western(string text) => string.Concat(text.Select(c => c is (>= ' ' and <= '~') or (>= '\u00A1' and <= '\u00FF') ? c : '?'));
}
