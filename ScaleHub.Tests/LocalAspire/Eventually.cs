using System.Diagnostics;

namespace ScaleHub.Tests.LocalAspire;

/// <summary>Waits for something that another process does, without a guess at how long it takes.</summary>
internal static class Eventually
{
    public static async Task True(Func<bool> condition, double seconds = 10)
    {
        var clock = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(clock.Elapsed.TotalSeconds < seconds, $"It did not become true in {seconds} s.");
            await Task.Delay(5);
        }
    }
}
