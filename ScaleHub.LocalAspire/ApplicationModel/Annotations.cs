using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>The image of a container resource.</summary>
public sealed class ContainerImageAnnotation : IResourceAnnotation
{
    /// <summary>Registry, when it is not the default one.</summary>
    public string? Registry { get; set; }

    /// <summary>Image.</summary>
    public required string Image { get; set; }

    /// <summary>Tag.</summary>
    public string? Tag { get; set; }
}

/// <summary>Kind of a mount.</summary>
public enum ContainerMountType
{
    /// <summary>A folder of this machine.</summary>
    BindMount = 0,

    /// <summary>A volume, kept between runs.</summary>
    Volume = 1,
}

/// <summary>A folder that outlives the container.</summary>
public sealed class ContainerMountAnnotation(string? source, string target, ContainerMountType type, bool isReadOnly)
    : IResourceAnnotation
{
    /// <summary>Name of the volume, or the folder.</summary>
    public string? Source { get; } = source;

    /// <summary>Where the container sees it.</summary>
    public string Target { get; } = target;

    /// <summary>Kind.</summary>
    public ContainerMountType Type { get; } = type;

    /// <summary>Whether it may not be written.</summary>
    public bool IsReadOnly { get; } = isReadOnly;
}

/// <summary>A file or folder put into a container.</summary>
public abstract class ContainerFileSystemItem
{
    /// <summary>File name.</summary>
    public string Name { get; set; } = "";

    /// <summary>Permissions; 0 means the default.</summary>
    public UnixFileMode Mode { get; set; }
}

/// <summary>A file put into a container.</summary>
public abstract class ContainerFileBase : ContainerFileSystemItem
{
    /// <summary>Text of the file.</summary>
    public string? Contents { get; set; }
}

/// <summary>An ordinary file.</summary>
public sealed class ContainerFile : ContainerFileBase;

/// <summary>What a callback that produces container files may ask.</summary>
public sealed class ContainerFileSystemCallbackContext
{
    /// <summary>The container.</summary>
    public required IResource Model { get; init; }

    /// <summary>Services of the application.</summary>
    public required IServiceProvider ServiceProvider { get; init; }
}

/// <summary>Files to put into a container before it starts.</summary>
public sealed class ContainerFileSystemCallbackAnnotation : IResourceAnnotation
{
    /// <summary>Folder they go to.</summary>
    public required string DestinationPath { get; init; }

    /// <summary>Produces them.</summary>
    public required Func<ContainerFileSystemCallbackContext, CancellationToken, Task<IEnumerable<ContainerFileSystemItem>>>
        Callback
    { get; init; }
}

/// <summary>What an environment callback may read and write.</summary>
public class EnvironmentCallbackContext(
    DistributedApplicationExecutionContext executionContext, IResource resource,
    Dictionary<string, object>? environmentVariables = null, CancellationToken cancellationToken = default)
{
    /// <summary>Variables so far: strings, or values that become known later.</summary>
    public Dictionary<string, object> EnvironmentVariables { get; } = environmentVariables ?? [];

    /// <summary>How the application runs.</summary>
    public DistributedApplicationExecutionContext ExecutionContext { get; } = executionContext;

    /// <summary>The resource that gets them.</summary>
    public IResource Resource { get; } = resource;

    /// <summary>Ends the wait.</summary>
    public CancellationToken CancellationToken { get; } = cancellationToken;
}

/// <summary>Sets environment variables just before the start.</summary>
public class EnvironmentCallbackAnnotation : IResourceAnnotation
{
    /// <summary>Sets variables at once.</summary>
    public EnvironmentCallbackAnnotation(Action<EnvironmentCallbackContext> callback)
        => Callback = context =>
        {
            callback(context);
            return Task.CompletedTask;
        };

    /// <summary>Sets variables after a wait.</summary>
    public EnvironmentCallbackAnnotation(Func<EnvironmentCallbackContext, Task> callback) => Callback = callback;

    /// <summary>Sets them.</summary>
    public Func<EnvironmentCallbackContext, Task> Callback { get; }
}

/// <summary>What an argument callback may read and write.</summary>
public sealed class CommandLineArgsCallbackContext(
    IList<object> args, IResource resource, CancellationToken cancellationToken = default)
{
    /// <summary>Arguments so far: strings, or values that become known later.</summary>
    public IList<object> Args { get; } = args;

    /// <summary>The resource that gets them.</summary>
    public IResource Resource { get; } = resource;

    /// <summary>Ends the wait.</summary>
    public CancellationToken CancellationToken { get; } = cancellationToken;
}

/// <summary>Adds command line arguments just before the start.</summary>
public class CommandLineArgsCallbackAnnotation(Func<CommandLineArgsCallbackContext, Task> callback) : IResourceAnnotation
{
    /// <summary>Adds them.</summary>
    public Func<CommandLineArgsCallbackContext, Task> Callback { get; } = callback;
}

/// <summary>A health check that decides on a resource's health.</summary>
public class HealthCheckAnnotation(string key) : IResourceAnnotation
{
    /// <summary>Name under which the check is registered.</summary>
    public string Key { get; } = key;
}

/// <summary>What a wait waits for.</summary>
public enum WaitType
{
    /// <summary>Running, healthy, and its ready handlers done.</summary>
    WaitUntilHealthy = 0,

    /// <summary>Ended with the expected exit code.</summary>
    WaitForCompletion = 1,

    /// <summary>Running.</summary>
    WaitUntilStarted = 2,
}

/// <summary>What a wait does when the resource cannot become what is waited for.</summary>
public enum WaitBehavior
{
    /// <summary>Waits on: someone may start it.</summary>
    WaitOnResourceUnavailable = 0,

    /// <summary>Throws.</summary>
    StopOnResourceUnavailable = 1,
}

/// <summary>A resource that must get somewhere before this one starts.</summary>
public sealed class WaitAnnotation(IResource resource, WaitType waitType, int exitCode = 0) : IResourceAnnotation
{
    /// <summary>The resource waited for.</summary>
    public IResource Resource { get; } = resource;

    /// <summary>What is waited for.</summary>
    public WaitType WaitType { get; } = waitType;

    /// <summary>Exit code that counts as completion.</summary>
    public int ExitCode { get; } = exitCode;
}

/// <summary>Says how one resource relates to another, for display.</summary>
public sealed class ResourceRelationshipAnnotation(IResource resource, string type) : IResourceAnnotation
{
    /// <summary>The other resource.</summary>
    public IResource Resource { get; } = resource;

    /// <summary><c>Parent</c>, <c>Reference</c> or <c>WaitFor</c>.</summary>
    public string Type { get; } = type;
}

/// <summary>The resource starts only when told to.</summary>
public sealed class ExplicitStartupAnnotation : IResourceAnnotation;

/// <summary>Where a URL is shown.</summary>
public enum UrlDisplayLocation
{
    /// <summary>In the list and in the detail.</summary>
    SummaryAndDetails = 0,

    /// <summary>In the detail only.</summary>
    DetailsOnly = 1,
}

/// <summary>A URL shown with a resource.</summary>
public sealed class ResourceUrlAnnotation : IResourceAnnotation
{
    /// <summary>The URL; a path is appended to the endpoint's URL.</summary>
    public required string Url { get; set; }

    /// <summary>What is shown instead of it.</summary>
    public string? DisplayText { get; set; }

    /// <summary>The endpoint it belongs to.</summary>
    public EndpointReference? Endpoint { get; init; }

    /// <summary>Where it is shown.</summary>
    public UrlDisplayLocation DisplayLocation { get; set; }
}

/// <summary>What a URL callback may read and write.</summary>
public class ResourceUrlsCallbackContext(
    DistributedApplicationExecutionContext executionContext, IResource resource, List<ResourceUrlAnnotation>? urls = null,
    CancellationToken cancellationToken = default)
{
    /// <summary>How the application runs.</summary>
    public DistributedApplicationExecutionContext ExecutionContext { get; } = executionContext;

    /// <summary>The resource.</summary>
    public IResource Resource { get; } = resource;

    /// <summary>Its URLs so far.</summary>
    public List<ResourceUrlAnnotation> Urls { get; } = urls ?? [];

    /// <summary>Ends the wait.</summary>
    public CancellationToken CancellationToken { get; } = cancellationToken;

    /// <summary>Where messages about it go.</summary>
    public ILogger Logger { get; set; } = NullLogger.Instance;
}

/// <summary>Changes a resource's URLs once its endpoints are known.</summary>
public sealed class ResourceUrlsCallbackAnnotation(Func<ResourceUrlsCallbackContext, Task> callback) : IResourceAnnotation
{
    /// <summary>Changes them.</summary>
    public Func<ResourceUrlsCallbackContext, Task> Callback { get; } = callback;
}
