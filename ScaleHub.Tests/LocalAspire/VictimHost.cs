using ScaleHub.LocalAspire;

namespace ScaleHub.Tests.LocalAspire;

/// <summary>
/// An AppHost to be killed by a test: started as a program of its own, it starts a child that starts another process, prints
/// both numbers, and waits.
/// </summary>
internal static class VictimHost
{
    public const string Argument = "victim-host";

    public static async Task Main(string[] arguments)
    {
        if (arguments is not [Argument, var directory])
            return; // the test runner loads this assembly, it does not run it

        using var record = RunRecord.Open(directory);
        var start = new ChildStart(
            "bash", ["-c", "sleep 600 & echo $$; echo $!; wait"], new Dictionary<string, string> { ["PATH"] = "/usr/bin:/bin" },
            directory, RunAsUser: null, StandardInput: null, (line, _) => Console.WriteLine(line));
        var child = await ChildProcess.StartAsync(start, record, CancellationToken.None);
        await child.Exited;
    }
}
