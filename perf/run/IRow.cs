namespace ScaleHub.Perf.Run;

/// <summary>One row of the table of targets: it starts what it needs, measures, and cleans up.</summary>
internal interface IRow
{
    /// <summary>As <c>--rows</c> names it.</summary>
    string Name { get; }

    /// <summary>What is to be reached, as docs/performance.md says it.</summary>
    string Goal { get; }

    /// <summary>Measures.</summary>
    /// <exception cref="RowException">The row cannot be measured; the message is one sentence.</exception>
    Task<RowResult> RunAsync(Run run);
}

/// <summary>What a row has measured.</summary>
/// <param name="Figures">Each is a line of the table, and a bar of the chart; none when the row was left out, or has no target.</param>
/// <param name="Guarantees">What was on.</param>
/// <param name="Story">How it was measured, and what else was seen: a short paragraph of Markdown.</param>
internal sealed record RowResult(IReadOnlyList<Figure> Figures, string Guarantees, string Story)
{
    /// <summary>A row that this machine cannot measure.</summary>
    public static RowResult LeftOut(string why) => new([], "", why) { WasLeftOut = true };

    /// <summary>Whether it was not measured.</summary>
    public bool WasLeftOut { get; private init; }
}

/// <summary>One measured figure beside its target.</summary>
/// <param name="What">What was measured.</param>
/// <param name="Ours">What this product did.</param>
/// <param name="Against">What the limit or the peer did in the same run; a dash when the target is a figure of its own.</param>
/// <param name="Value">What is compared with the target.</param>
/// <param name="Target">What is to be reached.</param>
internal sealed record Figure(string What, string Ours, string Against, double Value, Target Target)
{
    /// <summary>Whether the target is reached.</summary>
    public bool IsMet => Target.IsLeast ? Value >= Target.Value : Value <= Target.Value;

    /// <summary>How much of the target is reached: 1 is just that, more is better.</summary>
    public double Score => Target.IsLeast ? Value / Target.Value : Value <= 0 ? 1 : Target.Value / Value;
}

/// <summary>A figure to be reached.</summary>
/// <param name="Value">The figure.</param>
/// <param name="IsLeast">Whether more is better.</param>
/// <param name="Unit">Behind the number; "×" is a ratio.</param>
internal sealed record Target(double Value, bool IsLeast, string Unit)
{
    /// <summary>A ratio of at least so much.</summary>
    public static Target AtLeast(double value, string unit = "×") => new(value, true, unit);

    /// <summary>At most so much.</summary>
    public static Target AtMost(double value, string unit) => new(value, false, unit);

    public override string ToString() => $"{(IsLeast ? "≥" : "≤")} {Show(Value)}";

    /// <summary>A number with the unit.</summary>
    public string Show(double value)
    {
        var text = value >= 1000 ? $"{value:N0}" : value >= 20 ? $"{value:0}" : value >= 10 ? $"{value:0.0}" : $"{value:0.##}";
        return Unit is "×" or "/s" ? $"{text}{(Unit == "×" ? " " : "")}{Unit}" : $"{text} {Unit}".TrimEnd();
    }
}

/// <summary>A row broke; the message is one sentence.</summary>
internal sealed class RowException(string message, Exception? inner = null) : Exception(message, inner);
