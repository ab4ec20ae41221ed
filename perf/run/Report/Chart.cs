using System.Net;
using System.Text;

namespace ScaleHub.Perf.Run.Report;

/// <summary>A bar for each figure: how much of its target is reached.</summary>
internal static class Chart
{
    private const int Width = 860, Label = 330, Top = 56, Step = 30, Bar = 18, Right = 150;

    // Where the axis ends; a longer bar is cut there and its number says how long it is.
    private const double Most = 2;

    /// <summary>The SVG.</summary>
    public static string Draw(IReadOnlyList<(IRow Row, RowResult Result)> results)
    {
        var figures = results.SelectMany(r => r.Result.Figures).ToList();
        var height = Top + (figures.Count * Step) + 40;
        var (svg, end) = (new StringBuilder(), Top + (figures.Count * Step));
        svg.AppendLine($$"""
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {{Width}} {{height}}" width="{{Width}}" height="{{height}}" role="img"
                 aria-label="How much of each target is reached">
              <style>
                text { font: 13px system-ui, sans-serif; fill: #1f2328; }
                .title { font-size: 15px; font-weight: 600; }
                .faint { fill: #59636e; font-size: 12px; }
                .back { fill: #ffffff; }
                .grid { stroke: #d1d9e0; }
                .target { stroke: #1f2328; stroke-width: 1.5; stroke-dasharray: 4 3; }
                .met { fill: #1a7f37; }
                .missed { fill: #bc4c00; }
                @media (prefers-color-scheme: dark) {
                  text { fill: #f0f6fc; }
                  .faint { fill: #9198a1; }
                  .back { fill: #0d1117; }
                  .grid { stroke: #3d444d; }
                  .target { stroke: #f0f6fc; }
                  .met { fill: #3fb950; }
                  .missed { fill: #f0883e; }
                }
              </style>
              <rect class="back" width="{{Width}}" height="{{height}}" rx="6"/>
              <text class="title" x="16" y="28">How much of each target is reached</text>
            """);
        foreach (var mark in (double[])[0, 0.5, 1, 1.5, 2])
        {
            var kind = mark == 1 ? "target" : "grid";
            svg.AppendLine($"""  <line class="{kind}" x1="{X(mark)}" y1="{Top - 8}" x2="{X(mark)}" y2="{end}"/>""");
            svg.AppendLine($"""  <text class="faint" x="{X(mark)}" y="{end + 18}" text-anchor="middle">{Mark(mark)}</text>""");
        }
        foreach (var (i, figure) in figures.Index())
        {
            var (y, x) = (Top + (i * Step), X(Math.Min(figure.Score, Most)));
            var value = $"{figure.Target.Show(figure.Value)} ({figure.Target})";
            svg.AppendLine($"""  <text x="{Label - 12}" y="{y + 14}" text-anchor="end">{WebUtility.HtmlEncode(figure.What)}</text>""");
            svg.AppendLine($"""  <rect class="{(figure.IsMet ? "met" : "missed")}" x="{X(0)}" y="{y}" """
                + $"""width="{Math.Max(2, x - X(0)):0.#}" height="{Bar}" rx="2"/>""");
            // A missed target is said in words too: not everybody tells the colours apart.
            svg.AppendLine($"""  <text class="faint" x="{x + 8:0.#}" y="{y + 13}">{WebUtility.HtmlEncode(value)}"""
                + $"""{(figure.IsMet ? "" : " missed")}</text>""");
        }
        return svg.AppendLine("</svg>").ToString();
    }

    private static double X(double score) => Label + (score / Most * (Width - Label - Right));

    private static string Mark(double mark) => mark == 1 ? "target" : mark == Most ? $"{mark}× or more" : $"{mark}×";
}
