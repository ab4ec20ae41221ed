using Aspire.Hosting.ApplicationModel;

namespace ScaleHub.LocalAspire;

/// <summary>POSIX signal numbers, as Linux has them on every architecture that .NET runs on.</summary>
internal static class Signals
{
    public const int Interrupt = 2;
    public const int Quit = 3;
    public const int Terminate = 15;
}

/// <summary>A process ready to be started.</summary>
/// <param name="Start">How.</param>
/// <param name="StopSignal">What asks it to end.</param>
/// <param name="AfterStart">What must still be done, with the process running, before others may use it.</param>
internal sealed record Launch(ChildStart Start, int StopSignal, Func<CancellationToken, Task>? AfterStart = null);

/// <summary>What a launcher is given.</summary>
internal sealed record LaunchContext(
    IResource Resource, ResourceConfiguration Configuration, Orchestrator Graph, Action<string, bool> Log)
{
    public IReadOnlyDictionary<string, string> Environment => Configuration.Environment;

    public IReadOnlyList<string> Args => Configuration.Args;

    /// <summary>The user that servers run as when this process is root.</summary>
    public string? ServerUser => Graph.ServerUser;

    public int Port(string? endpoint = null) => ((IResourceWithEndpoints)Resource).GetEndpoints()
        .First(e => endpoint is null || e.EndpointName == endpoint).Port;

    /// <summary>A folder of this run.</summary>
    public string WorkDirectory => Graph.Files.Work(Resource.Name);

    /// <summary>The volume, or a folder of this run where there is none.</summary>
    public string DataDirectory => Graph.Files.Data(Resource);

    /// <summary>Runs a program to its end as the server's user; its output is the resource's.</summary>
    public async Task RunAsync(
        string file, IReadOnlyList<string> args, IReadOnlyDictionary<string, string> environment, CancellationToken ct)
    {
        var child = await ChildProcess.StartAsync(
            new(file, args, environment, WorkDirectory, ServerUser, StandardInput: null, Log), Graph.Record, ct);
        await using var stop = ct.Register(() => child.Signal(Signals.Terminate));
        var code = await child.Exited;
        ct.ThrowIfCancellationRequested();
        if (code != 0)
        {
            throw new StartException($"{Path.GetFileName(file)} ended with exit code {code}");
        }
    }

    /// <summary>The variables of a container's environment over the little that a container inherits.</summary>
    public Dictionary<string, string> ContainerEnvironment(params IEnumerable<KeyValuePair<string, string>> more)
    {
        var all = ResourceConfiguration.Bare();
        foreach (var (name, value) in Environment.Concat(more))
        {
            all[name] = value;
        }
        return all;
    }

    /// <summary>
    /// Writes the resource's container files below the work folder, at the paths that they have in the container.
    /// </summary>
    public async Task<string> WriteContainerFilesAsync(CancellationToken ct)
    {
        var root = Path.Combine(WorkDirectory, "files");
        foreach (var annotation in Resource.Annotations.OfType<ContainerFileSystemCallbackAnnotation>())
        {
            var folder = Path.Combine(root, annotation.DestinationPath.TrimStart('/'));
            Directory.CreateDirectory(folder);
            var items = await annotation.Callback(new() { Model = Resource, ServiceProvider = Graph.Services }, ct);
            foreach (var file in items.OfType<ContainerFile>())
            {
                var path = Path.Combine(folder, file.Name);
                await File.WriteAllTextAsync(path, file.Contents, ct);
                File.SetUnixFileMode(path, file.Mode == 0 ? (UnixFileMode)0b110_100_100 : file.Mode);
            }
        }
        Directory.CreateDirectory(root);
        Graph.Files.GiveToServer(root);
        return root;
    }
}

/// <summary>Knows how to run one kind of resource as a native process.</summary>
internal abstract class Launcher
{
    /// <summary>The server it needs, if any.</summary>
    public virtual ServerKind? Needs => null;

    /// <summary>The program of that server which runs; null for what is no server.</summary>
    public virtual string? Program(ServerBinaries servers) => null;

    public abstract bool Runs(IResource resource);

    public abstract Task<Launch> PrepareAsync(LaunchContext context, CancellationToken ct);

    public static readonly IReadOnlyList<Launcher> All =
        [new ProjectLauncher(), new ExecutableLauncher(), new PostgresLauncher(), new RedisLauncher(), new NginxLauncher()];

    /// <summary>The launcher of a resource; none for one that is not a process.</summary>
    public static Launcher? Of(IResource resource)
    {
        var launcher = All.FirstOrDefault(l => l.Runs(resource));
        return launcher is null && resource is ContainerResource
            ? throw new StartException($"{resource.Name}: the image '{Image(resource)}' has no native stand-in "
                + "(postgres, redis and nginx have); run with UseAspire=true, or leave the resource out.")
            : launcher;
    }

    /// <summary>Last part of the image's name, such as <c>postgres</c> of <c>docker.io/library/postgres</c>.</summary>
    protected static string? Image(IResource resource)
        => resource.TryGetLastAnnotation<ContainerImageAnnotation>(out var image) ? image.Image.Split('/')[^1] : null;
}
