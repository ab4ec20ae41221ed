using System.Diagnostics;

namespace ScaleHub.Perf.Run.Load;

/// <summary>A server that is asked for the same thing in several turns, and what came of it.</summary>
/// <param name="name">For people.</param>
/// <param name="address">What is asked for.</param>
/// <param name="token">Sent as a bearer token.</param>
/// <param name="processIds">Whose processor time is counted.</param>
internal sealed class Contender(string name, Uri address, string? token, params int[] processIds)
{
    private readonly List<WrkResult> _turns = [];
    private double _cpu;

    public string Name => name;

    /// <summary>Requests per second of the median turn.</summary>
    public double PerSecond => _turns.Select(t => t.PerSecond).Order().ElementAt(_turns.Count / 2);

    /// <summary>Processor time of the server for one request.</summary>
    public double MicrosecondsEach => _cpu * 1e6 / _turns.Sum(t => t.Requests);

    /// <summary>Milliseconds of the median turn.</summary>
    public double P99 => _turns.Select(t => t.P99).Order().ElementAt(_turns.Count / 2);

    /// <summary>One turn.</summary>
    public async Task<WrkResult> RunAsync(int connections, TimeSpan time, bool counts, string? script = null, string? processors = null)
    {
        var cpu = Cpu();
        var turn = await Wrk.RunAsync(name, address, connections, time, token, script, processors);
        if (!counts) return turn;
        _turns.Add(turn);
        _cpu += Cpu() - cpu;
        return turn;
    }

    /// <summary>The rate, as the report shows it.</summary>
    public override string ToString() => $"{PerSecond:N0}/s, p99 {P99:0.0} ms";

    private double Cpu() => processIds.Sum(id =>
    {
        using var process = Process.GetProcessById(id);
        return process.TotalProcessorTime.TotalSeconds;
    });
}
