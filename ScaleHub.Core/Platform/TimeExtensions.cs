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

    /// <summary>Waits for the next tick. False when <paramref name="ending"/> is cancelled before it.</summary>
    public static async Task<bool> TicksAsync(this PeriodicTimer timer, CancellationToken ending)
    {
        try
        {
            return await timer.WaitForNextTickAsync(ending);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
