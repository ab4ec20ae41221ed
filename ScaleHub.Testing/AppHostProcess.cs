using System.Diagnostics;
using System.Reflection;

namespace ScaleHub.Testing;

/// <summary>The AppHost as a process of its own, as <c>dotnet run</c> starts it, with a home and ports of its own.</summary>
public sealed class AppHostProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);
    private readonly Process _process;
    private readonly List<string> _output = [], _errors = [];
    private readonly Task _reading;

    private AppHostProcess(Process process)
    {
        _process = process;
        _reading = Task.WhenAll(ReadAsync(process.StandardOutput, _output), ReadAsync(process.StandardError, _errors));
    }

    public int Id => _process.Id;

    public int ExitCode => _process.ExitCode;

    public bool HasExited => _process.HasExited;

    public IReadOnlyList<string> Output
    {
        get { lock (_output) return [.. _output]; }
    }

    public IReadOnlyList<string> Errors
    {
        get { lock (_errors) return [.. _errors]; }
    }

    /// <summary>Everything it said, for the message of an assertion.</summary>
    public string Said => string.Join('\n', [.. Output, "--", .. Errors]);

    /// <summary>Starts it.</summary>
    /// <param name="args">Its options.</param>
    /// <param name="environment">Variables besides this process's.</param>
    public static AppHostProcess Start(string[] args, params (string Name, string Value)[] environment)
    {
        var assembly = typeof(Projects.ScaleHub_AppHost).Assembly;
        var configuration = assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;
        var program = Path.Combine(Projects.ScaleHub_AppHost.ProjectPath, "bin", configuration, "net10.0", "ScaleHub.AppHost.dll");
        // A shell starts what runs in the background with SIGINT ignored, which would pass to the AppHost: Ctrl+C has to reach
        // it.
        var start = new ProcessStartInfo("env", ["--default-signal=INT", "dotnet", "exec", program, .. args])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Projects.ScaleHub_AppHost.ProjectPath,
        };
        // As the launch profile has it, on other ports than a system that a developer runs meanwhile.
        start.Environment["ASPNETCORE_ENVIRONMENT"] = start.Environment["DOTNET_ENVIRONMENT"] = "Development";
        start.Environment["ASPIRE_ALLOW_UNSECURED_TRANSPORT"] = "true";
        start.Environment["ASPNETCORE_URLS"] = "http://localhost:28888";
        start.Environment["ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL"] = "http://localhost:28889";
        start.Environment["ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL"] = "http://localhost:28890";
        foreach (var (name, value) in environment) start.Environment[name] = value;
        return new(Process.Start(start)!);
    }

    /// <summary>Waits for a line of its output that begins so, and returns the rest of it.</summary>
    public async Task<string> LineAsync(string beginning)
    {
        string? found = null;
        await Poll.UntilAsync(() =>
        {
            found = Output.FirstOrDefault(line => line.TrimStart().StartsWith(beginning, StringComparison.Ordinal));
            Assert.True(found is not null || HasExited, $"No line '{beginning}':\n{Said}");
        }, Patience.TotalSeconds);
        Assert.True(found is not null, $"It ended without a line '{beginning}':\n{Said}");
        return found.TrimStart()[beginning.Length..].Trim();
    }

    /// <summary>Waits for its end.</summary>
    public async Task EndAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(Patience);
        await _reading.WaitAsync(Patience);
    }

    /// <summary>Sends it a signal, such as <c>INT</c>, which is what Ctrl+C sends.</summary>
    public void Signal(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{Id}"]);
        kill.WaitForExit();
    }

    public async ValueTask DisposeAsync()
    {
        if (!HasExited)
        {
            Signal("INT");
            await EndAsync();
        }
        _process.Dispose();
    }

    private static async Task ReadAsync(StreamReader reader, List<string> lines)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            lock (lines) lines.Add(line);
        }
    }
}
