using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Aspire.Hosting.ApplicationModel;

namespace ScaleHub.LocalAspire;

/// <summary>
/// Console lines of one resource or of all, as they come, after those that have been kept. A reader that does not keep up
/// loses the oldest lines, which the gap in the line numbers shows; nothing is queued without a bound.
/// </summary>
internal sealed class ConsoleFeed(DistributedApplicationModel model, ResourceLoggerService loggers)
{
    /// <param name="resourceName">One resource, or null for all.</param>
    /// <param name="ct">Ends the stream.</param>
    public async IAsyncEnumerable<SseItem<ConsoleBatch>> WatchAsync(
        string? resourceName, [EnumeratorCancellation] CancellationToken ct)
    {
        var names = model.Resources.Select(resource => resource.Name)
            .Where(name => resourceName is null || name.Equals(resourceName, StringComparison.OrdinalIgnoreCase));
        var merged = Channel.CreateBounded<ConsoleBatch>(16);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(ct);
        foreach (var name in names)
            _ = PumpAsync(name, merged.Writer, end.Token);
        try
        {
            // The response begins with the first event, and a quiet console may have none for long.
            yield return new(new ConsoleBatch("", []), "ready");
            await foreach (var batch in merged.Reader.ReadAllAsync(ct))
                yield return new(batch);
        }
        finally
        {
            await end.CancelAsync();
        }
    }

    // A log that is complete leaves the stream open: were it to end, the page would ask again and again.
    private async Task PumpAsync(string name, ChannelWriter<ConsoleBatch> writer, CancellationToken ct)
    {
        try
        {
            await foreach (var lines in loggers.WatchAsync(name).WithCancellation(ct))
            {
                var views = lines.Select(line => new ConsoleLine(line.LineNumber, line.Time, line.IsErrorMessage, line.Content));
                await writer.WriteAsync(new ConsoleBatch(name, [.. views]), ct);
            }
        }
        catch (Exception exception)
        {
            writer.TryComplete(exception); // ends the stream with it; after a cancellation nobody is listening any more
        }
    }
}

internal sealed record ConsoleBatch(string Resource, IReadOnlyList<ConsoleLine> Lines);

internal sealed record ConsoleLine(int Number, DateTime Time, bool Error, string Text);
