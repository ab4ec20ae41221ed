using System.Text;

namespace ScaleHub.LocalAspire;

/// <summary>
/// Reads a child's output as lines until its end, on a thread of its own: a read from a pipe blocks, and two dozen blocked
/// reads would starve the thread pool while the graph starts. A line longer than <see cref="MaxLineLength"/> characters is
/// handed on in pieces. The pipe is drained to its end even when the receiver throws, so that the child is never blocked.
/// </summary>
internal static class LinePump
{
    public const int MaxLineLength = 16 * 1024;

    /// <returns>Ends when the stream does; faults with the receiver's first exception.</returns>
    public static Task RunAsync(Stream stream, Action<string> onLine, string name)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            if (Drain(stream, onLine) is { } failure)
                done.SetException(failure);
            else
                done.SetResult();
        }, maxStackSize: 256 * 1024)
        { IsBackground = true, Name = name };
        thread.Start();
        return done.Task;
    }

    private static Exception? Drain(Stream stream, Action<string> onLine)
    {
        Exception? failure = null;
        var line = new StringBuilder();
        var buffer = new char[4096];
        try
        {
            using var reader = new StreamReader(stream, new UTF8Encoding(false));
            while (reader.Read(buffer, 0, buffer.Length) is > 0 and var count)
            {
                foreach (var character in buffer.AsSpan(0, count))
                {
                    if (character != '\n')
                        line.Append(character);
                    if (character == '\n' || line.Length >= MaxLineLength)
                        Emit();
                }
            }

            if (line.Length > 0)
                Emit();
        }
        catch (IOException exception)
        {
            failure ??= exception;
        }

        return failure;

        void Emit()
        {
            if (line.Length > 0 && line[^1] == '\r')
                line.Length--;
            var text = line.ToString();
            line.Clear();
            try
            {
                onLine(text);
            }
            catch (Exception exception)
            {
                failure ??= exception; // reported when the stream has ended; until then the child must be able to write
            }
        }
    }
}
