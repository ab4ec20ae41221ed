using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using Aspire.Hosting.ApplicationModel;

namespace ScaleHub.LocalAspire;

/// <summary>
/// The resources as the dashboard shows them. A stream begins with all of them (event <c>all</c>, in the order of the graph)
/// and goes on with each change (event <c>change</c>, one resource), so a reader that connects again has missed nothing.
/// </summary>
internal sealed class ResourceFeed(DistributedApplicationModel model, ResourceNotificationService notifications)
{
    /// <summary>All resources that are not hidden.</summary>
    public IReadOnlyList<ResourceView> Current()
    {
        var views = new List<ResourceView>();
        foreach (var resource in model.Resources)
        {
            if (notifications.TryGetCurrentState(resource.Name, out var state) && !state.Snapshot.IsHidden)
                views.Add(ResourceView.Of(state));
        }

        return views;
    }

    public async IAsyncEnumerable<SseItem<IReadOnlyList<ResourceView>>> WatchAsync([EnumeratorCancellation] CancellationToken ct)
    {
        yield return new(Current(), "all");

        // The watch begins with the present state of every resource: a few repetitions, but no gap.
        await foreach (var change in notifications.WatchAsync(ct))
            yield return new([ResourceView.Of(change)], "change");
    }
}
