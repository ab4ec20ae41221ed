using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;

namespace ScaleHub.LocalAspire;

/// <summary>What the event streams of the dashboard have in common.</summary>
internal static class Streams
{
    /// <summary>
    /// The items of a source until the reader goes away or the server stops, both of which end the stream without an error.
    /// </summary>
    public static async IAsyncEnumerable<SseItem<T>> Until<T>(
        Func<CancellationToken, IAsyncEnumerable<SseItem<T>>> source, [EnumeratorCancellation] CancellationToken aborted,
        CancellationToken stopping)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(aborted, stopping);
        await using var items = source(either.Token).GetAsyncEnumerator(either.Token);
        while (true)
        {
            try
            {
                if (!await items.MoveNextAsync())
                    break;
            }
            catch (OperationCanceledException) when (either.IsCancellationRequested)
            {
                break;
            }

            yield return items.Current;
        }
    }
}
