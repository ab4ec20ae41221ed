namespace ScaleHub.Perf.Run.Load;

/// <summary>
/// Runs a server in until its rate grows no more. .NET compiles in the background what is called often, and once more with what it has
/// seen; until then a request costs several times as much.
/// </summary>
internal static class WarmUp
{
    private const int Least = 3, Most = 12;
    private const double Grows = 1.05;
    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(2);

    /// <summary>Repeats a turn, which gives its rate.</summary>
    public static async Task RunAsync(Func<TimeSpan, Task<WrkResult>> turn)
    {
        var (best, since) = (0.0, 0);
        for (var i = 0; i < Most && (i < Least || since < 2); i++)
        {
            var rate = (await turn(Turn)).PerSecond;
            since = rate > best * Grows ? 0 : since + 1;
            best = Math.Max(best, rate);
        }
    }
}
