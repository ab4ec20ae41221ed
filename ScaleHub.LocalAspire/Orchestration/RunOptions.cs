using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Aspire.Hosting;
using Microsoft.Extensions.Configuration.UserSecrets;

namespace ScaleHub.LocalAspire;

/// <summary>What is true of one run of the graph: the stand-in's own switches, and where its files are.</summary>
internal sealed record RunOptions
{
    /// <summary>The command line without the stand-in's own switches.</summary>
    public required IReadOnlyList<string> Args { get; init; }

    /// <summary><c>--reset</c>: the volumes of earlier runs are removed first.</summary>
    public required bool Reset { get; init; }

    /// <summary><c>--fixed-ports</c>: a port that is taken is an error.</summary>
    public required bool FixedPorts { get; init; }

    /// <summary>Random ports, no console, no dashboard, nothing kept.</summary>
    public required bool IsTest { get; init; }

    public required bool DisableDashboard { get; init; }

    public required string? UserSecretsId { get; init; }

    /// <summary>Everything that the graph writes is in here; a folder per volume, and <see cref="RunDirectory"/>.</summary>
    public required string StateDirectory { get; init; }

    /// <summary>Build configuration and framework of the AppHost, which its projects share: <c>Debug/net10.0</c>.</summary>
    public required string OutputFolder { get; init; }

    /// <summary>The record of the running processes, and what is gone after the run.</summary>
    public string RunDirectory => Path.Combine(StateDirectory, ".run");

    /// <summary>Files of this run.</summary>
    public string TempDirectory => Path.Combine(RunDirectory, "temp");

    public static RunOptions Take(string[] args, Assembly appHost, string directory, bool disableDashboard, bool isTest) => new()
    {
        Args = [.. args.Where(a => a is not ("--reset" or "--fixed-ports"))],
        Reset = args.Contains("--reset"),
        FixedPorts = args.Contains("--fixed-ports"),
        IsTest = isTest,
        DisableDashboard = disableDashboard || isTest,
        UserSecretsId = appHost.GetCustomAttribute<UserSecretsIdAttribute>()?.UserSecretsId,
        StateDirectory = isTest ? Path.Combine(Path.GetTempPath(), $"scalehub-test-{Guid.NewGuid():n}") : DataDirectory(directory),
        OutputFolder = AppHostMetadata.OutputFolder(appHost),
    };

    public static RunOptions? Of(IDistributedApplicationBuilder builder) => builder switch
    {
        DistributedApplicationBuilder own => own.Run,
        Aspire.Hosting.Testing.TestingBuilder { Inner: var inner } => inner.Run,
        _ => null,
    };

    // PostgreSQL refuses root and runs as another user, who cannot enter root's home.
    private static string DataDirectory(string appHostDirectory)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(appHostDirectory)))[..12];
        var root = Environment.IsPrivilegedProcess ? "/var/lib"
            : Environment.GetEnvironmentVariable("XDG_DATA_HOME") is { Length: > 0 } xdg ? xdg
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "share");
        return Path.Combine(root, "scalehub", hash);
    }
}

/// <summary>What the build wrote into the AppHost's assembly.</summary>
internal static class AppHostMetadata
{
    public static string Directory(Assembly appHost)
        => appHost.GetCustomAttributes<AssemblyMetadataAttribute>().FirstOrDefault(a => a.Key == "apphostprojectpath")?.Value
            ?? Environment.CurrentDirectory;

    public static string OutputFolder(Assembly appHost)
    {
        var configuration = appHost.GetCustomAttribute<AssemblyConfigurationAttribute>()?.Configuration ?? "Debug";
        return Path.Combine(configuration, $"net{Environment.Version.Major}.0");
    }
}
