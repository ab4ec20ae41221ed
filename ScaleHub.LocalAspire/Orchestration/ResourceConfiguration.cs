using System.Collections;
using System.Globalization;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Hosting;

namespace ScaleHub.LocalAspire;

/// <summary>Where programs send their telemetry.</summary>
internal sealed record OtlpReceiver(string Endpoint, string ApiKey);

/// <summary>Environment and arguments of a resource, with every value known.</summary>
internal sealed record ResourceConfiguration(IReadOnlyDictionary<string, string> Environment, IReadOnlyList<string> Args)
{
    // What the AppHost was told about itself is not for its children.
    private static readonly string[] OwnVariables =
    [
        "ASPNETCORE_URLS", "ASPNETCORE_HTTP_PORTS", "ASPNETCORE_HTTPS_PORTS", "ASPNETCORE_ENVIRONMENT", "DOTNET_ENVIRONMENT",
        "DOTNET_LAUNCH_PROFILE", "DOTNET_DASHBOARD_OTLP_ENDPOINT_URL", "DOTNET_RESOURCE_SERVICE_ENDPOINT_URL",
    ];

    /// <summary>What a program of this machine inherits from the AppHost.</summary>
    public static Dictionary<string, string> Inherited() => OwnEnvironment().Where(v => !OwnVariables.Contains(v.Key)
        && !v.Key.StartsWith("ASPIRE_", StringComparison.Ordinal)).ToDictionary();

    /// <summary>What a server inherits: as little as a container does.</summary>
    public static Dictionary<string, string> Bare()
        => OwnEnvironment().Where(v => v.Key is "PATH" or "TZ" or "LANG").ToDictionary();

    public static async Task<ResourceConfiguration> ResolveAsync(
        IResource resource, DistributedApplicationExecutionContext execution, CancellationToken ct)
    {
        var environment = new EnvironmentCallbackContext(execution, resource, cancellationToken: ct);
        foreach (var annotation in resource.Annotations.OfType<EnvironmentCallbackAnnotation>().ToList())
        {
            await annotation.Callback(environment);
        }
        var args = new CommandLineArgsCallbackContext([], resource, ct);
        foreach (var annotation in resource.Annotations.OfType<CommandLineArgsCallbackAnnotation>().ToList())
        {
            await annotation.Callback(args);
        }
        var variables = new Dictionary<string, string>();
        foreach (var (name, value) in environment.EnvironmentVariables)
        {
            variables[name] = await ValueAsync(value, resource, ct);
        }
        var list = new List<string>();
        foreach (var arg in args.Args)
        {
            list.Add(await ValueAsync(arg, resource, ct));
        }
        return new(variables, list);
    }

    /// <summary>What Aspire tells a program about telemetry.</summary>
    public static Dictionary<string, string> Telemetry(IResource resource, IHostEnvironment host, OtlpReceiver? receiver)
    {
        var variables = new Dictionary<string, string>
        {
            ["OTEL_SERVICE_NAME"] = resource.Name,
            ["OTEL_RESOURCE_ATTRIBUTES"] = $"service.instance.id={resource.Name}",
        };
        if (receiver is not null)
        {
            variables["OTEL_EXPORTER_OTLP_ENDPOINT"] = receiver.Endpoint;
            variables["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf";
            variables["OTEL_EXPORTER_OTLP_HEADERS"] = $"x-otlp-api-key={receiver.ApiKey}";
        }
        if (host.IsDevelopment())
        {
            variables["OTEL_BLRP_SCHEDULE_DELAY"] = "1000";
            variables["OTEL_BSP_SCHEDULE_DELAY"] = "1000";
            variables["OTEL_METRIC_EXPORT_INTERVAL"] = "1000";
            variables["OTEL_TRACES_SAMPLER"] = "always_on";
            variables["OTEL_METRICS_EXEMPLAR_FILTER"] = "trace_based";
        }
        return variables;
    }

    private static async Task<string> ValueAsync(object value, IResource caller, CancellationToken ct) => value switch
    {
        string text => text,
        IValueProvider provider => await provider.GetValueAsync(new ValueProviderContext { Caller = caller }, ct) ?? "",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };

    private static IEnumerable<KeyValuePair<string, string>> OwnEnvironment()
        => System.Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .Select(e => KeyValuePair.Create((string)e.Key, (string?)e.Value ?? ""));
}
