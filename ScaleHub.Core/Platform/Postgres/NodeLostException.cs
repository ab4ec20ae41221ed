namespace ScaleHub.Core.Platform.Postgres;

/// <summary>The node stopped answering while a read waited for it. The read may be done again elsewhere.</summary>
public sealed class NodeLostException(string node, Exception inner) : Exception($"The database node {node} stopped answering.", inner)
{
    /// <summary>Runs a read, and ends it when the monitor finds the node gone: long before the read's own time-out.</summary>
    internal static async Task<T> WatchAsync<T>(PostgresNode node, Func<CancellationToken, Task<T>> read, CancellationToken cancellationToken)
    {
        var lost = node.Lost;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lost);
        try
        {
            return await read(either.Token);
        }
        catch (OperationCanceledException e) when (lost.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new NodeLostException(node.Name, e);
        }
    }
}
