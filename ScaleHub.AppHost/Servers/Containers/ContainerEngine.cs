using System.ComponentModel;
using System.Diagnostics;

namespace ScaleHub.AppHost.Servers.Containers;

/// <summary>Docker or Podman, as far as it answers.</summary>
internal sealed class ContainerEngine
{
    /// <summary>An engine that does not answer for this long counts as absent.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    // What Aspire is told with; the second is its older name.
    private static readonly string[] Variables = ["ASPIRE_CONTAINER_RUNTIME", "DOTNET_ASPIRE_CONTAINER_RUNTIME"];

    private readonly string _program;

    private ContainerEngine(string program, bool isOld) => (_program, IsOld) = (program, isOld);

    public string Name => IsPodman(_program) ? "Podman" : "Docker";

    /// <summary>
    /// Whether it is a Podman before 5.0, which does not say what containers are on a network. Aspire waits for that before a container
    /// may call a program of this machine, as nginx calls the API: the graph would never become healthy.
    /// </summary>
    public bool IsOld { get; }

    /// <summary>The engine that Aspire uses, if it answers: the one that it is told of, else Docker, else Podman.</summary>
    public static async Task<ContainerEngine?> FindAsync()
    {
        var told = Variables.Select(Environment.GetEnvironmentVariable).FirstOrDefault(value => value is { Length: > 0 });
        foreach (var program in told is null ? ["docker", "podman"] : new[] { told })
        {
            // The version of the server: a client without one fails.
            if (await RunAsync(program, IsPodman(program) ? ["info"] : ["version", "--format", "{{.Server.Version}}"]) is null) continue;
            return new(program, isOld: IsPodman(program)
                && await RunAsync(program, ["network", "inspect", "podman", "--format", "{{.Containers}}"]) is null);
        }
        return null;
    }

    private static bool IsPodman(string program) => program == "podman";

    /// <summary>Removes the volumes whose names begin so; a volume that is in use stays, and is said.</summary>
    public async Task RemoveVolumesAsync(string prefix)
    {
        var listed = await RunAsync(_program, ["volume", "ls", "-q"]);
        var names = (listed ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Where(name => name.StartsWith(prefix, StringComparison.Ordinal)).ToList();
        foreach (var name in names)
        {
            if (await RunAsync(_program, ["volume", "rm", name]) is null) Console.WriteLine($"The volume {name} is in use and stays.");
        }
    }

    // What the program prints, or null when it fails, is not there, or does not end in time.
    private static async Task<string?> RunAsync(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (Win32Exception)
        {
            // The program is not installed.
            return null;
        }
        using (process)
        {
            using var deadline = new CancellationTokenSource(Patience);
            try
            {
                var output = process.StandardOutput.ReadToEndAsync(deadline.Token);
                var error = process.StandardError.ReadToEndAsync(deadline.Token);
                await Task.WhenAll(output, error, process.WaitForExitAsync(deadline.Token));
                return process.ExitCode == 0 ? await output : null;
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                return null;
            }
        }
    }
}
