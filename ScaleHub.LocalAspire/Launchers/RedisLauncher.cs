using System.Globalization;
using System.Text;
using Aspire.Hosting.ApplicationModel;

namespace ScaleHub.LocalAspire;

/// <summary>Runs Redis; its configuration goes in by standard input, where <c>ps</c> does not show the password.</summary>
internal sealed class RedisLauncher : Launcher
{
    public override ServerKind? Needs => ServerKind.Redis;

    public override string? Program(ServerBinaries servers) => servers.RedisServer;

    public override bool Runs(IResource resource) => resource is ContainerResource && Image(resource) == "redis";

    public override Task<Launch> PrepareAsync(LaunchContext context, CancellationToken ct)
    {
        var data = context.DataDirectory;
        Directory.CreateDirectory(data);
        context.Graph.Files.GiveToServer(data, withContents: false);
        var isKept = context.Resource.HasAnnotationOfType<ContainerMountAnnotation>();
        // The address that begins with a minus may be missing: not every machine has IPv6.
        var configuration = new StringBuilder(string.Create(CultureInfo.InvariantCulture, $"""
            bind 127.0.0.1 -::1
            port {context.Port()}
            dir "{data}"
            save ""
            appendonly {(isKept ? "yes" : "no")}
            daemonize no

            """));
        if (context.Environment.GetValueOrDefault("REDIS_PASSWORD") is { } password)
        {
            configuration.AppendLine(CultureInfo.InvariantCulture, $"requirepass \"{Escaped(password)}\"");
        }
        var start = new ChildStart(
            context.Graph.Servers.RedisServer!, ["-"], context.ContainerEnvironment(), data, context.ServerUser,
            configuration.ToString(), context.Log);
        return Task.FromResult(new Launch(start, Signals.Terminate));
    }

    private static string Escaped(string text)
        => text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);
}
