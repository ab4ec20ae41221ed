using System.Diagnostics;
using System.Globalization;

namespace ScaleHub.Tests.Platform.Redis;

/// <summary>
/// Other programs that want every processor, until disposed: two for each, and for two minutes at most, should nobody dispose
/// them.
/// </summary>
internal sealed class BusyProcessors : IDisposable
{
    private readonly Process[] _processes = [.. Enumerable.Range(0, 2 * Environment.ProcessorCount).Select(_ => Start())];

    private static Process Start()
    {
        var until = DateTimeOffset.UtcNow.AddMinutes(2).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        return Process.Start("bash", ["-c", $"while (( EPOCHSECONDS < {until} )); do :; done"]);
    }

    public void Dispose()
    {
        foreach (var process in _processes)
        {
            process.Kill();
            process.WaitForExit();
            process.Dispose();
        }
    }
}
