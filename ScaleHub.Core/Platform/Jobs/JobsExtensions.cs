using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace ScaleHub.Core.Platform.Jobs;

/// <summary>Registers the queue, for all programs, and the loops, for workers.</summary>
public static class JobsExtensions
{
    /// <summary>Adding jobs.</summary>
    public static IHostApplicationBuilder AddJobQueue(this IHostApplicationBuilder builder)
    {
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<JobNotifier>();
        builder.Services.AddHostedService(services => services.GetRequiredService<JobNotifier>());
        builder.Services.AddScoped<JobQueue>();
        return builder;
    }

    /// <summary>Running them. Needs a <see cref="JobList"/>.</summary>
    public static IHostApplicationBuilder AddJobLoops(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<JobsOptions>().BindConfiguration(JobsOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<JobStore>();
        builder.Services.AddSingleton<JobMetrics>();
        builder.Services.AddSingleton<JobRunner>();
        builder.Services.AddHostedService<JobLoop>();
        builder.Services.AddHostedService<JobUpkeep>();
        builder.Services.AddHostedService<JobBacklog>();
        builder.Services.AddHostedService<ScheduleLoop>();
        return builder;
    }
}
