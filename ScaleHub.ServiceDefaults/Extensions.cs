using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using ScaleHub.ServiceDefaults.Configuration;
using ScaleHub.ServiceDefaults.Health;
using ScaleHub.ServiceDefaults.Http;
using ScaleHub.ServiceDefaults.Startup;
using ScaleHub.ServiceDefaults.Telemetry;

namespace ScaleHub.ServiceDefaults;

/// <summary>
/// What every process of ScaleHub has in common: Aspire's project template of this name (13.x, <c>Extensions.cs</c>), method by
/// method. What ScaleHub adds stands in files of its own and is called from here, under "Added to the template".
/// </summary>
public static class Extensions
{
    private const string OtlpEndpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";

    /// <summary>How long a stopping host waits for the work under way. With the telemetry's last flush it stays under 10
    /// seconds.</summary>
    public static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(7);

    /// <summary>
    /// Telemetry, health checks, service discovery and resilience of outgoing HTTP; added to the template: configuration aliases,
    /// log levels, clear start errors and a bounded shutdown. Call it first: what is registered later starts after telemetry.
    /// </summary>
    /// <exception cref="ConfigurationException">A setting is not usable; the message names it.</exception>
    public static TBuilder AddServiceDefaults<TBuilder>(this TBuilder builder) where TBuilder : IHostApplicationBuilder
    {
        // Added to the template.
        AddDefaultLogging(builder.Configuration, builder.Environment);
        ConfigurationAliases.Add(builder.Configuration);
        builder.SilenceHostWhileStarting();
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = ShutdownTimeout);

        builder.ConfigureOpenTelemetry();
        builder.AddDefaultHealthChecks();
        builder.Services.AddServiceDiscovery();
        builder.Services.ConfigureHttpClientDefaults(http =>
        {
            http.AddStandardResilienceHandler(OutgoingHttp.Configure);
            http.AddServiceDiscovery();
        });
        return builder;
    }

    /// <summary>
    /// Logs, metrics and traces, sent by OTLP when <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> is set; metrics shown to Prometheus when
    /// <c>Metrics__Port</c> is. What neither asks for is not collected either: nobody would get it, and it costs a sixth of the
    /// requests/s of a cached list (docs/telemetry.md).
    /// </summary>
    /// <exception cref="ConfigurationException">The endpoint is not a URL.</exception>
    public static TBuilder ConfigureOpenTelemetry<TBuilder>(this TBuilder builder) where TBuilder : IHostApplicationBuilder
    {
        // Added to the template.
        var (isSent, isScraped) = (!string.IsNullOrWhiteSpace(builder.Configuration[OtlpEndpoint]), builder.AddMetricsEndpoint());
        if (!isSent && !isScraped) return builder;
        builder.Services.AddHostedService<ProcessMetrics>();

        var telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource
                // Aspire names each instance by OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES. The later of two detectors wins.
                .AddService(builder.Environment.ApplicationName)
                .AddEnvironmentVariableDetector())
            .WithMetrics(metrics =>
            {
                metrics.AddAspNetCoreInstrumentation()
                    .AddHttpClientInstrumentation()
                    .AddRuntimeInstrumentation()
                    // Added to the template: what its client integrations would register, and ScaleHub's own meters.
                    .AddNpgsqlInstrumentation()
                    .AddMeter("ScaleHub.*")
                    .AddView(RequestDuration.Name, RequestDuration.Buckets);
                if (isScraped) metrics.AddMetricsEndpoint();
            });
        if (!isSent) return builder;

        builder.Logging.AddOpenTelemetry(logging =>
        {
            logging.IncludeFormattedMessage = true;
            logging.IncludeScopes = true;
            // Added to the template.
            logging.AddProcessor(new TenantOfLogs());
        });

        telemetry.WithTracing(tracing => tracing
            .AddAspNetCoreInstrumentation(options =>
            {
                options.Filter = http => !HealthEndpoints.IsProbe(http.Request.Path);
                options.EnrichWithHttpResponse = BalancerSpan.Add;
            })
            .AddHttpClientInstrumentation()
            // Added to the template, as above.
            .AddNpgsql()
            .AddRedisInstrumentation(RedisTracing.Configure)
            .AddSource("ScaleHub.*")
            .AddHeadSampling(builder.Configuration)
            .AddProcessor<NoiseFilter>());

        return builder.AddOpenTelemetryExporters();
    }

    private static TBuilder AddOpenTelemetryExporters<TBuilder>(this TBuilder builder) where TBuilder : IHostApplicationBuilder
    {
        // Added to the template: a clear error, and an end of the process that does not wait for the collector.
        var endpoint = builder.Configuration[OtlpEndpoint];
        if (!Uri.TryCreate(endpoint, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
            throw new ConfigurationException($"{OtlpEndpoint} must be an http or https URL; it is '{endpoint}'.");
        builder.Services.AddHostedService<BoundedFlush>();

        builder.Services.AddOpenTelemetry().UseOtlpExporter();
        return builder;
    }

    /// <summary>
    /// Health checks; each is added by what it checks. The template's check "self" is left out: it says what answering says.
    /// </summary>
    public static TBuilder AddDefaultHealthChecks<TBuilder>(this TBuilder builder) where TBuilder : IHostApplicationBuilder
    {
        builder.Services.AddOptions<ShutdownOptions>().BindConfiguration(ShutdownOptions.Section)
            .ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<ClosableListeners>();
        builder.Services.AddSingleton<IConnectionListenerFactory>(services => services.GetRequiredService<ClosableListeners>());
        builder.Services.AddSingleton<Draining>();
        builder.Services.AddHostedService(services => services.GetRequiredService<Draining>());
        builder.Services.AddSingleton<IStartupFilter>(services => services.GetRequiredService<Draining>());
        builder.Services.AddHealthChecks();
        return builder;
    }

    /// <summary>
    /// Maps <c>/health/live</c> (the template's <c>/alive</c>) and <c>/health/ready</c> (its <c>/health</c>), in every
    /// environment: the load balancer asks, and the answers tell nothing to hide.
    /// </summary>
    public static WebApplication MapDefaultEndpoints(this WebApplication app)
    {
        app.MapHealth();
        return app;
    }

    // The last place to look: any configuration source overrides it, by the usual Logging:LogLevel keys.
    private static void AddDefaultLogging(IConfigurationManager configuration, IHostEnvironment environment)
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
                // For machines in production, for people elsewhere.
                new("Logging:Console:FormatterName", environment.IsProduction() ? "json" : "simple"),
                new("Logging:Console:FormatterOptions:UseUtcTimestamp", "true"),
                new("Logging:Console:FormatterOptions:TimestampFormat", environment.IsProduction() ? "O" : null),
                // An export that is under way is waited for at the end of the process; OpenTelemetry's own default is 10 s.
                new("OTEL_EXPORTER_OTLP_TIMEOUT", "2000"),
                // No request waits for a console that does not keep up; it says how many lines it left out.
                new("Logging:Console:QueueFullMode", "DropWrite"),
            ],
        });
}
