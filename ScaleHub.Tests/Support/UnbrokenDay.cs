namespace ScaleHub.Tests.Support;

/// <summary>For tests that count what belongs to one day or month (UTC).</summary>
internal static class UnbrokenDay
{
    /// <summary>
    /// Runs a test. When it fails and midnight passed while it ran, what it saw was of two days, and it is run once more; any
    /// other failure is the test's.
    /// </summary>
    public static Task RunAsync(Func<Task> test) => RunAsync(test, TimeProvider.System);

    internal static async Task RunAsync(Func<Task> test, TimeProvider time)
    {
        var day = time.GetUtcNow().UtcDateTime.Date;
        try
        {
            await test();
        }
        catch (Exception) when (time.GetUtcNow().UtcDateTime.Date != day)
        {
            await test();
        }
    }
}
