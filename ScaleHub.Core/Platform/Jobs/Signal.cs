namespace ScaleHub.Core.Platform.Jobs;

/// <summary>Wakes one who waits; signals that come before somebody waits become one.</summary>
internal sealed class Signal : IDisposable
{
    private readonly SemaphoreSlim _given = new(0, 1);

    /// <summary>Gives it. Never waits and never throws.</summary>
    public void Set()
    {
        try
        {
            if (_given.CurrentCount == 0) _given.Release();
        }
        catch (SemaphoreFullException)
        {
            // Somebody else gave it between the two.
        }
    }

    /// <summary>Waits for it.</summary>
    public Task WaitAsync(CancellationToken cancellationToken) => _given.WaitAsync(cancellationToken);

    /// <summary>Waits for it, or for so long.</summary>
    public Task WaitAsync(TimeSpan longest, CancellationToken cancellationToken) => _given.WaitAsync(longest, cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _given.Dispose();
}
