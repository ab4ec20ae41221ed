namespace ScaleHub.Modules.Metrics;

/// <summary>The span that one point of a series stands for. All begin in UTC.</summary>
public enum MetricStep
{
    /// <summary>A minute, kept for 14 days.</summary>
    Minute,

    /// <summary>An hour, kept for 13 months, as days and weeks are.</summary>
    Hour,

    /// <summary>A day.</summary>
    Day,

    /// <summary>A week, from Monday.</summary>
    Week,
}

internal static class MetricSteps
{
    // 1 January of the year 1, from which .NET counts, was a Monday.
    public static DateTimeOffset StartOf(this MetricStep step, DateTimeOffset time)
        => new(time.UtcTicks - (time.UtcTicks % step.Length().Ticks), TimeSpan.Zero);

    public static TimeSpan Length(this MetricStep step) => step switch
    {
        MetricStep.Minute => TimeSpan.FromMinutes(1),
        MetricStep.Hour => TimeSpan.FromHours(1),
        MetricStep.Day => TimeSpan.FromDays(1),
        _ => TimeSpan.FromDays(7),
    };
}
