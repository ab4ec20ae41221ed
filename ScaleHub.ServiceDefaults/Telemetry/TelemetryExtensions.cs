using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Logs;
using OpenTelemetry.Resources;
using ScaleHub.ServiceDefaults.Configuration;

namespace ScaleHub.ServiceDefaults.Telemetry;

internal static class TelemetryExtensions
{
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";

    /// <summary>Sends logs, traces and metrics by OTLP when <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> is set; see
    /// <see cref="TelemetryService"/>.</summary>
    public static void AddTelemetry(this IHostApplicationBuilder builder)
    {
        if (builder.Configuration[Endpoint] is not { Length: > 0 } endpoint) return;
        if (!Uri.TryCreate(endpoint, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
            throw new ConfigurationException($"{Endpoint} must be an http or https URL; it is '{endpoint}'.");

        // .NET 10 leaves the standard attributes off request spans unless told otherwise.
        AppContext.SetSwitch("Microsoft.AspNetCore.Hosting.SuppressActivityOpenTelemetryData", false);
        var (configuration, application) = (builder.Configuration, builder.Environment.ApplicationName);
        builder.Logging.AddOpenTelemetry(logs =>
        {
            logs.IncludeFormattedMessage = true;
            logs.IncludeScopes = true;
            logs.SetResourceBuilder(ResourceBuilder.CreateEmpty().Describe(configuration, application));
            logs.AddOtlpExporter();
        });
        builder.Services.AddHostedService<TelemetryService>();
    }

    /// <summary>
    /// Who sends: <c>APP_NAME</c> or the program's name, unless <c>OTEL_SERVICE_NAME</c> or <c>OTEL_RESOURCE_ATTRIBUTES</c> say
    /// otherwise.
    /// </summary>
    public static ResourceBuilder Describe(this ResourceBuilder resource, IConfiguration configuration, string application)
        => resource.Clear()
            .AddTelemetrySdk()
            .AddService(configuration["APP_NAME"] is { Length: > 0 } name ? name : application)
            .AddEnvironmentVariableDetector();
}
