using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Caching;
using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Core.Platform.Mail;
using ScaleHub.Core.Platform.Metrics;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Modules;
using ScaleHub.Modules.Metrics.Alerts;
using ScaleHub.ServiceDefaults;

namespace ScaleHub.Worker.Commands;

/// <summary>
/// <c>run</c>: runs jobs and schedules, watches the database nodes, keeps the partitions, raises alerts, and answers for its own
/// health.
/// </summary>
internal static class RunCommand
{
    public static async Task<int> RunAsync(string[] args)
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.AddServiceDefaults();
        builder.AddPlatform();
        builder.AddPlatformHealthChecks();
        // Jobs read nothing from the cache, but what they change must not stay in it.
        builder.AddCache();
        builder.AddModules();
        builder.AddJobLoops();
        builder.AddMailSender();
        builder.Services.AddHostedService<PartitionKeeper>();
        builder.Services.AddInstanceReport();
        builder.Services.AddHostedService<AlertLoop>();

        await using var app = builder.Build();
        app.MapDefaultEndpoints();
        await app.RunAsync();
        // Not 0 when a service of the host ended the program (LoginGuard).
        return Environment.ExitCode;
    }
}
