using System.Diagnostics;
using System.Runtime.InteropServices;
using ScaleHub.Testing;

namespace ScaleHub.Perf.Run.Servers;

/// <summary>
/// Ctrl+C and SIGTERM end what this program has started before they end this program: its servers would go on otherwise. Their temporary
/// folders stay.
/// </summary>
internal sealed class Interruption : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly PosixSignalRegistration[] _signals;

    private Interruption() => _signals =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGINT, End), PosixSignalRegistration.Create(PosixSignal.SIGTERM, End),
    ];

    /// <summary>From now on until the result is disposed.</summary>
    public static Interruption Watch() => new();

    public void Dispose()
    {
        foreach (var signal in _signals) signal.Dispose();
    }

    private static void End(PosixSignalContext context)
    {
        context.Cancel = true;
        // What they have started is theirs to end. SIGINT is a fast shutdown to PostgreSQL, and an end in order to all others.
        Signal("-INT");
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < Patience && ProcessTree.Children(Environment.ProcessId).Any();) Thread.Sleep(100);
        Signal("-KILL");
        Console.Error.WriteLine("Interrupted: no report was written.");
        Environment.Exit(130);
    }

    private static void Signal(string signal)
    {
        if (ProcessTree.Children(Environment.ProcessId).ToList() is not [_, ..] children) return;
        using var kill = Process.Start("kill", [signal, .. children.Select(pid => $"{pid}")]);
        kill.WaitForExit();
    }
}
