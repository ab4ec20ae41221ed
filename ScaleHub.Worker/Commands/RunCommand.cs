using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Modules;
using ScaleHub.ServiceDefaults;

namespace ScaleHub.Worker.Commands;

/// <summary>
/// <c>run</c>: watches the database nodes, keeps the partitions, and answers for its own health. There are no jobs to work on
/// yet; their loops join this host when the job queue exists.
/// </summary>
internal static class RunCommand
{
    public static async Task<int> RunAsync(string[] args)
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.AddServiceDefaults();
        builder.AddPlatform();
        builder.AddPlatformHealthChecks();
        builder.AddModules();
        builder.Services.AddHostedService<PartitionKeeper>();

        await using var app = builder.Build();
        app.MapDefaultEndpoints();
        await app.RunAsync();
        // Not 0 when a service of the host ended the program (LoginGuard).
        return Environment.ExitCode;
    }
}
