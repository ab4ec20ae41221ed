using System.Collections.Concurrent;
using System.Diagnostics;

namespace ScaleHub.LocalAspire;

/// <summary>
/// The one thread from which children are started. The kernel's parent-death signal fires when the thread that forked ends,
/// and threads of the pool come and go; this one lives as long as the process.
/// </summary>
internal static class ForkThread
{
    private static readonly BlockingCollection<Action> Work = [];

    static ForkThread() => new Thread(Run) { IsBackground = true, Name = "child starter" }.Start();

    /// <exception cref="System.ComponentModel.Win32Exception">The program could not be executed.</exception>
    /// <returns>The process, and when it began: read here, as it may have ended before anybody else gets to run.</returns>
    public static Task<(Process Process, long? StartTime)> StartAsync(ProcessStartInfo start)
    {
        var started = new TaskCompletionSource<(Process, long?)>(TaskCreationOptions.RunContinuationsAsynchronously);
        Work.Add(() =>
        {
            try
            {
                var process = Process.Start(start)!;
                started.SetResult((process, ProcessTable.Find(process.Id)?.StartTime));
            }
            catch (Exception exception)
            {
                started.SetException(exception); // belongs to the caller; the thread must go on
            }
        });
        return started.Task;
    }

    private static void Run()
    {
        foreach (var action in Work.GetConsumingEnumerable())
            action();
    }
}
