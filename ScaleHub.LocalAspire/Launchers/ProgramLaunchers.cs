using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace ScaleHub.LocalAspire;

/// <summary>Starts a project from its output folder, with the project's folder as working directory.</summary>
internal sealed class ProjectLauncher : Launcher
{
    public override bool Runs(IResource resource) => resource is ProjectResource;

    public override Task<Launch> PrepareAsync(LaunchContext context, CancellationToken ct)
    {
        var project = context.Resource.Annotations.OfType<IProjectMetadata>().Single().ProjectPath;
        var folder = Path.GetDirectoryName(project)!;
        // Not `dotnet run`: that puts a process in between, which has to be signalled and which asks the build first.
        var program = Path.Combine(folder, "bin", context.Graph.Options.OutputFolder, $"{Path.GetFileNameWithoutExtension(project)}.dll");
        if (!File.Exists(program))
        {
            throw new StartException($"{program} does not exist: build the solution first (dotnet build).");
        }
        var environment = ResourceConfiguration.Inherited();
        var telemetry = ResourceConfiguration.Telemetry(
            context.Resource, context.Graph.Services.GetRequiredService<IHostEnvironment>(), context.Graph.OtlpReceiver);
        foreach (var (name, value) in telemetry.Concat(context.Environment))
        {
            environment[name] = value;
        }
        var start = new ChildStart(
            Environment.ProcessPath is { } host && Path.GetFileName(host) == "dotnet" ? host : "dotnet",
            ["exec", program, .. context.Args], environment, folder, RunAsUser: null, StandardInput: null, context.Log);
        return Task.FromResult(new Launch(start, Signals.Terminate));
    }
}

/// <summary>Starts a program of this machine.</summary>
internal sealed class ExecutableLauncher : Launcher
{
    public override bool Runs(IResource resource) => resource is ExecutableResource;

    public override Task<Launch> PrepareAsync(LaunchContext context, CancellationToken ct)
    {
        var program = (ExecutableResource)context.Resource;
        var environment = ResourceConfiguration.Inherited();
        foreach (var (name, value) in context.Environment)
        {
            environment[name] = value;
        }
        var start = new ChildStart(
            program.Command, context.Args, environment, program.WorkingDirectory, RunAsUser: null, StandardInput: null, context.Log);
        return Task.FromResult(new Launch(start, Signals.Terminate));
    }
}
