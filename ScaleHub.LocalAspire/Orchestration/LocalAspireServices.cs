using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace ScaleHub.LocalAspire;

/// <summary>The services of an application that the stand-in runs.</summary>
internal static class LocalAspireServices
{
    public static void AddLocalAspire(this IServiceCollection services, DistributedApplicationBuilder builder)
    {
        services.AddSingleton(builder.Run);
        services.AddSingleton(builder.Eventing);
        services.AddSingleton(builder.ExecutionContext);
        services.AddSingleton(_ => new DistributedApplicationModel(builder.Resources));
        services.AddSingleton<ResourceLoggerService>();
        services.AddSingleton(_ => new ResourceNotificationService(
            builder.Run.DisableDashboard ? WaitBehavior.StopOnResourceUnavailable : WaitBehavior.WaitOnResourceUnavailable));
        services.AddSingleton(provider => new ResourceCommandService(
            provider.GetRequiredService<DistributedApplicationModel>(), provider.GetRequiredService<ResourceLoggerService>(), provider));
        services.AddSingleton(_ => new StartConsole(isSilent: builder.Run.IsTest));
        services.AddHostedService<DashboardService>(); // first, so that it stops last
        services.AddSingleton<Orchestrator>();
        services.AddSingleton<IHostedService>(provider => provider.GetRequiredService<Orchestrator>());
    }
}
