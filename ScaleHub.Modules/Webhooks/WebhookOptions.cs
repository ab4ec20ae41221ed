using System.ComponentModel.DataAnnotations;

namespace ScaleHub.Modules.Webhooks;

/// <summary>Section <c>Webhooks</c>.</summary>
public sealed class WebhookOptions
{
    /// <summary>Configuration section.</summary>
    public const string Section = "Webhooks";

    /// <summary>
    /// Whether a webhook may be at an address that is not public, and at this machine without TLS. For development and tests:
    /// elsewhere it lets every company call what only this network can reach.
    /// </summary>
    public bool AllowPrivateAddresses { get; set; }

    /// <summary>Seconds that a receiver may take for its answer.</summary>
    [Range(1, 60)] public int TimeoutSeconds { get; set; } = 15;
}
