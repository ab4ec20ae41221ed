using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using ScaleHub.ServiceDefaults.Configuration;
using ScaleHub.ServiceDefaults.Health;
using ScaleHub.ServiceDefaults.Http;
using ScaleHub.ServiceDefaults.Startup;
using ScaleHub.ServiceDefaults.Telemetry;

namespace ScaleHub.ServiceDefaults;

/// <summary>What every process of ScaleHub has in common; the role of Aspire's project of this name.</summary>
public static class ServiceDefaultsExtensions
{
    /// <summary>How long a stopping host waits for the work under way. With the telemetry's last flush it stays under 10
    /// seconds.</summary>
    public static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(7);

    /// <summary>
    /// Configuration aliases, telemetry, health checks, resilience of outgoing HTTP, and a bounded shutdown. Call it first: what
    /// is registered later starts after telemetry and stops before it.
    /// </summary>
    /// <exception cref="ConfigurationException">A setting is not usable; the message names it.</exception>
    public static T AddServiceDefaults<T>(this T builder) where T : IHostApplicationBuilder
    {
        AddDefaultLogLevels(builder.Configuration);
        ConfigurationAliases.Add(builder.Configuration);
        builder.SilenceHostWhileStarting();
        builder.AddTelemetry();
        builder.Services.AddHealthChecks();
        builder.Services.AddResilience();
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = ShutdownTimeout);
        return builder;
    }

    /// <summary>Maps <c>/health/live</c> and <c>/health/ready</c>.</summary>
    public static WebApplication MapDefaultEndpoints(this WebApplication app)
    {
        app.MapHealth();
        return app;
    }

    // The last place to look: any configuration source overrides it, by the usual Logging:LogLevel keys.
    private static void AddDefaultLogLevels(IConfigurationManager configuration)
        => configuration.Sources.Insert(0, new MemoryConfigurationSource
        {
            InitialData =
            [
                new("Logging:LogLevel:Default", "Information"),
                new("Logging:LogLevel:Microsoft.AspNetCore", "Warning"),
                new("Logging:LogLevel:Microsoft.EntityFrameworkCore", "Warning"),
                new("Logging:LogLevel:System.Net.Http", "Warning"),
                new("Logging:LogLevel:Polly", "Warning"),
                // A degraded check would log with every probe; what degrades it says so itself, once.
                new("Logging:LogLevel:Microsoft.Extensions.Diagnostics.HealthChecks", "Error"),
                // Npgsql tells of every command at Information, and of every failed one at Error, which its caller tells too.
                new("Logging:LogLevel:Npgsql", "Critical"),
            ],
        });
}
