namespace ScaleHub.Core.Platform;

/// <summary>Time as the database keeps it.</summary>
public static class TimeExtensions
{
    /// <summary>Now, in UTC, cut to PostgreSQL's microseconds: what is answered on creation is what is read back.</summary>
    public static DateTimeOffset GetDatabaseNow(this TimeProvider time)
    {
        var now = time.GetUtcNow();
        return now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
    }
}
