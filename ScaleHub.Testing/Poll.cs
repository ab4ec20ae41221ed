using System.Diagnostics;

namespace ScaleHub.Testing;

/// <summary>Waits for what another process does, up to a deadline and no longer than needed.</summary>
public static class Poll
{
    /// <summary>Repeats an assertion until it holds; its own failure is the last one's. <paramref name="everyMs"/>: more where each
    /// look costs the servers something and the wait is long.</summary>
    public static async Task UntilAsync(Func<Task> assertion, double seconds = 15, int everyMs = 20)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                await assertion();
                return;
            }
            catch (Exception) when (clock.Elapsed.TotalSeconds < seconds)
            {
                await Task.Delay(everyMs);
            }
        }
    }

    /// <summary>Repeats an assertion until it holds.</summary>
    public static Task UntilAsync(Action assertion, double seconds = 15)
        => UntilAsync(
            () =>
            {
                assertion();
                return Task.CompletedTask;
            },
            seconds);

    /// <summary>Waits until a condition holds.</summary>
    public static Task UntilAsync(Func<bool> condition, double seconds = 15)
        => UntilAsync(
            () =>
            {
                Assert.True(condition(), $"It did not become true in {seconds} s.");
                return Task.CompletedTask;
            },
            seconds);
}
