using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace ScaleHub.Core.Platform.Metrics;

/// <summary>What this process is called where processes are told apart: on the operations page, and in the tables of metrics.</summary>
public sealed class InstanceName
{
    /// <summary>Takes the service's name of OpenTelemetry (<c>OTEL_SERVICE_NAME</c>), which Aspire sets to the resource's name
    /// (<c>api-1</c>); else the machine's with the program's.</summary>
    public InstanceName(IConfiguration configuration, IHostEnvironment environment)
        : this(configuration["OTEL_SERVICE_NAME"] is { Length: > 0 } set ? set : $"{Environment.MachineName}/{environment.ApplicationName}")
    {
    }

    /// <summary>Takes a name.</summary>
    public InstanceName(string name)
    {
        Name = name[..Math.Min(name.Length, 80)];
        OfThisStart = $"{Name}/{Guid.NewGuid().ToString("N")[..8]}";
    }

    /// <summary>The same after the next start, at most 80 characters.</summary>
    public string Name { get; }

    /// <summary>Another one at each start.</summary>
    public string OfThisStart { get; }
}
