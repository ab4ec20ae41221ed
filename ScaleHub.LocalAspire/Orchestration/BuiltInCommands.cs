using System.Collections.Immutable;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace ScaleHub.LocalAspire;

/// <summary>Start, stop and restart, which every process has.</summary>
internal static class BuiltInCommands
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public static void AddTo(IResource resource, ResourceRun run)
    {
        Add(resource, KnownResourceCommands.StartCommand, "Start", "Play", Stopped, run.StartAsync);
        Add(resource, KnownResourceCommands.StopCommand, "Stop", "Stop", Running, () => run.StopAsync(Patience));
        Add(resource, KnownResourceCommands.RestartCommand, "Restart", "ArrowCounterclockwise", Running, async () =>
        {
            await run.StopAsync(Patience);
            await run.StartAsync();
        });
    }

    private static void Add(
        IResource resource, string name, string title, string icon, Func<string?, ResourceCommandState> state, Func<Task> action)
        => resource.Annotations.Add(new ResourceCommandAnnotation(
            name, title, context => state(context.ResourceSnapshot.State?.Text),
            async _ =>
            {
                await action();
                return CommandResults.Success();
            },
            displayDescription: null, parameter: null, confirmationMessage: null, icon, IconVariant.Filled, isHighlighted: true));

    private static ResourceCommandState Stopped(string? state)
        => IsStopped(state) ? ResourceCommandState.Enabled : ResourceCommandState.Hidden;

    private static ResourceCommandState Running(string? state) => IsStopped(state) ? ResourceCommandState.Hidden
        : state == KnownResourceStates.Stopping ? ResourceCommandState.Disabled : ResourceCommandState.Enabled;

    private static bool IsStopped(string? state)
        => state is null || state == KnownResourceStates.NotStarted || KnownResourceStates.TerminalStates.Contains(state);
}

/// <summary>Makes the snapshot of a resource that has not been started.</summary>
internal static class Snapshots
{
    public static async Task<CustomResourceSnapshot> InitialAsync(
        ResourceRun run, ServerBinaries servers, DistributedApplicationExecutionContext execution, CancellationToken ct) => new()
        {
            ResourceType = run.TypeName,
            State = KnownResourceStates.NotStarted,
            CreationTimeStamp = DateTime.UtcNow,
            // Not the image: it is not what runs, and has another version.
            Properties = Launcher.Of(run.Resource)?.Program(servers) is { } program
            ? [new("executable.path", program), new("executable.version", await ServerVersions.OfAsync(program, ct))] : [],
            Relationships = [.. run.Resource.Annotations.OfType<ResourceRelationshipAnnotation>()
            .Select(r => new RelationshipSnapshot(r.Resource.Name, r.Type)).Distinct(), .. Parent(run.Resource)],
            Urls = await UrlsAsync(run.Resource, execution, ct),
        };

    private static IEnumerable<RelationshipSnapshot> Parent(IResource resource)
        => resource is IResourceWithParent { Parent: var parent } ? [new(parent.Name, "Parent")] : [];

    private static async Task<ImmutableArray<UrlSnapshot>> UrlsAsync(
        IResource resource, DistributedApplicationExecutionContext execution, CancellationToken ct)
    {
        var endpoints = resource is IResourceWithEndpoints listener ? listener.GetEndpoints() : [];
        var context = new ResourceUrlsCallbackContext(
            execution, resource, [.. endpoints.Select(e => new ResourceUrlAnnotation { Url = e.Url, Endpoint = e })], ct);
        foreach (var annotation in resource.Annotations.OfType<ResourceUrlsCallbackAnnotation>())
        {
            await annotation.Callback(context);
        }
        return
        [
            .. context.Urls.Select((u, i) => new UrlSnapshot(
                u.Endpoint?.EndpointName, u.Url.StartsWith('/') && u.Endpoint is { } e ? e.Url + u.Url : u.Url, IsInternal: false)
            {
                DisplayProperties = new(u.DisplayText ?? "", i),
            }),
        ];
    }
}
