using System.Text;

namespace ScaleHub.Perf.Run.Report;

/// <summary>Writes the report.</summary>
internal static class Markdown
{
    /// <summary>The machine, the table, and a paragraph for each row.</summary>
    public static string Write(IReadOnlyList<(IRow Row, RowResult Result)> results, bool quick, TimeSpan took)
    {
        var text = new StringBuilder();
        text.AppendLine("# Performance").AppendLine();
        text.AppendLine($"Measured on {DateTime.UtcNow:yyyy-MM-dd HH:mm} UTC in {took.TotalMinutes:0} minutes"
            + $"{(quick ? " (`--quick`: short turns, so figures scatter more)" : "")}: {Machine.Describe()}.").AppendLine();
        text.AppendLine("Limits and peers were measured in the same run, in turns. Machines differ: compare ratios, not rates.").AppendLine();
        text.AppendLine("![How much of each target is reached](report.svg)").AppendLine();
        text.AppendLine("| row | what | ours | limit or peer | ratio | target | met | guarantees on |");
        text.AppendLine("|---|---|---|---|---|---|---|---|");
        foreach (var (row, result) in results)
        {
            foreach (var figure in result.Figures)
            {
                var ratio = figure.Target.Unit == "×" ? $"{figure.Value:0.00}" : "–";
                text.AppendLine($"| `{row.Name}` | {figure.What} | {figure.Ours} | {figure.Against} | {ratio} | {figure.Target} "
                    + $"| {(figure.IsMet ? "yes" : "**no**")} | {result.Guarantees} |");
            }
            if (result.Figures.Count == 0)
                text.AppendLine($"| `{row.Name}` | {(result.WasLeftOut ? "left out" : "below")} | – | – | – | {row.Goal} | – | {result.Guarantees} |");
        }
        foreach (var (row, result) in results)
        {
            text.AppendLine().AppendLine($"## {row.Name}").AppendLine().AppendLine($"Target: {row.Goal}.").AppendLine();
            text.AppendLine(result.Story);
        }
        return text.ToString();
    }
}
