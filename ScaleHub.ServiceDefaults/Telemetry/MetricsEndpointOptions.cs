using System.ComponentModel.DataAnnotations;
using System.Net;

namespace ScaleHub.ServiceDefaults.Telemetry;

/// <summary>Section <c>Metrics</c>: where a process shows its metrics to Prometheus.</summary>
public sealed class MetricsEndpointOptions : IValidatableObject
{
    /// <summary>Configuration section.</summary>
    public const string Section = "Metrics";

    /// <summary>
    /// The private port on which the process answers <c>GET /metrics</c>, and nothing else, for Prometheus. 0: it does not
    /// listen. Default 0.
    /// </summary>
    [Range(0, 65535)] public int Port { get; set; }

    /// <summary>
    /// The address of this machine on which it listens: <c>0.0.0.0</c> or <c>::</c> for all, as where Prometheus is on another
    /// machine. Nobody signs in there, so only a network that others cannot reach will do. Default <c>127.0.0.1</c>.
    /// </summary>
    [Required] public string Address { get; set; } = "127.0.0.1";

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!IPAddress.TryParse(Address, out _))
            yield return new($"{Section}__Address must be an IP address of this machine; it is '{Address}'.", [nameof(Address)]);
    }
}
