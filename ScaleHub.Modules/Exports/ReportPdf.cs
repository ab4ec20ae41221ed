using System.Text;
using UglyToad.PdfPig.Content;
using UglyToad.PdfPig.Core;
using UglyToad.PdfPig.Fonts.Standard14Fonts;
using UglyToad.PdfPig.Writer;

namespace ScaleHub.Modules.Exports;

/// <summary>
/// A report as a PDF of one A4 page. The font is the machine's, embedded; without one it is Helvetica, which every reader has (ISO
/// 32000-1, 9.6.2.2). A letter that the font lacks loses its accent, or becomes a question mark; the HTML page has them all.
/// </summary>
internal sealed class ReportPdf
{
    private const double Left = 60, Right = 535;

    // Where Linux distributions, macOS and Windows have one with many letters.
    private static readonly string[] FontFiles =
    [
        "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", "/usr/share/fonts/dejavu-sans-fonts/DejaVuSans.ttf", "/usr/share/fonts/TTF/DejaVuSans.ttf",
        "/usr/share/fonts/truetype/liberation/LiberationSans-Regular.ttf", "/System/Library/Fonts/Supplemental/Arial Unicode.ttf",
        Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.Fonts), "arial.ttf"),
    ];

    private readonly PdfDocumentBuilder.AddedFont _font;
    private readonly PdfPageBuilder _page;
    private readonly Dictionary<char, bool> _known = [];

    private ReportPdf(PdfDocumentBuilder builder)
    {
        _font = Array.Find(FontFiles, File.Exists) is { } file && File.ReadAllBytes(file) is var bytes && builder.CanUseTrueTypeFont(bytes, out _)
            ? builder.AddTrueTypeFont(bytes)
            : builder.AddStandard14Font(Standard14Font.Helvetica);
        _page = builder.AddPage(PageSize.A4);
    }

    public static byte[] Write(Report report, DateTimeOffset now)
    {
        using var builder = new PdfDocumentBuilder { DocumentInformation = { Title = report.Title, Producer = "ScaleHub" } };
        new ReportPdf(builder).Draw(report, now);
        return builder.Build();
    }

    private void Draw(Report report, DateTimeOffset now)
    {
        var y = 770.0;
        // A long name takes a smaller letter, not the margin.
        var title = Known(report.Title);
        _page.AddText(title, Math.Clamp(18 * (Right - Left) / Math.Max(1, Width(title, 18)), 7, 18), new(Left, y), _font);
        foreach (var (heading, figures) in report.Sections)
        {
            y -= 34;
            _page.AddText(Known(heading), 14, new(Left, y), _font);
            foreach (var figure in figures)
            {
                y -= 20;
                var value = Known(figure.Value);
                _page.AddText(Known(figure.Name), 11, new(Left, y), _font);
                _page.AddText(value, 11, new(Right - Width(value, 11), y), _font);
                _page.DrawLine(new(Left, y - 5), new(Right, y - 5), 0.5);
            }
        }
        _page.AddText(FormattableString.Invariant($"Made on {now:yyyy-MM-dd HH:mm} UTC. Months are counted in UTC."), 9, new(Left, 50), _font);
    }

    private double Width(string text, double size) => _page.MeasureText(text, size, PdfPoint.Origin, _font) is [.., var last] ? last.EndBaseLine.X : 0;

    private string Known(string text)
    {
        var known = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            var written = rune.ToString();
            if (!IsKnown(written)) written = new([.. written.Normalize(NormalizationForm.FormD).Where(char.IsAscii)]);
            known.Append(written.Length == 0 || !IsKnown(written) ? "?" : written);
        }
        return known.ToString();
    }

    private bool IsKnown(string letters) => letters.All(c =>
    {
        if (_known.TryGetValue(c, out var known)) return known;
        try
        {
            return _known[c] = Width(c.ToString(), 11) > 0;
        }
        catch (InvalidOperationException)
        {
            // The library has no other way to ask.
            return _known[c] = false;
        }
    });
}
