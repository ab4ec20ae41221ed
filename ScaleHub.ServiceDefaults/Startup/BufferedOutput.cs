using System.Text;

namespace ScaleHub.ServiceDefaults.Startup;

/// <summary>
/// Standard output in pieces instead of lines. The log has a line for each request, and .NET's console logger calls the operating
/// system for each line.
/// <para>Guarantee: what was written is out within 100 ms, or when 16 KiB have come, and when the process ends, also by a defect. A
/// process that is killed loses its last 100 ms. Standard error stays as it is.</para>
/// </summary>
internal static class BufferedOutput
{
    private const int Size = 16 * 1024;
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(100);
    private static Timer? _timer;

    /// <summary>From now on. Once, before anything is logged.</summary>
    public static void Begin()
    {
        // Console makes it safe for threads.
        Console.SetOut(new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), Size));
        _timer = new(_ => Console.Out.Flush(), null, Every, Every);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Console.Out.Flush();
        AppDomain.CurrentDomain.UnhandledException += (_, _) => Console.Out.Flush();
    }
}
