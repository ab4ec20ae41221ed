using System.ComponentModel.DataAnnotations;

namespace ScaleHub.Http;

/// <summary>Section <c>ForwardedHeaders</c>: whose <c>X-Forwarded-*</c> headers are believed.</summary>
public sealed class ProxyOptions
{
    /// <summary>Configuration section.</summary>
    public const string Section = "ForwardedHeaders";

    /// <summary>Whether <c>X-Forwarded-*</c> of the machine itself is believed, where nginx is.</summary>
    public bool TrustLoopback { get; set; } = true;

    /// <summary>Networks of proxies that are believed, in CIDR notation.</summary>
    public string[] KnownNetworks { get; set; } = [];

    /// <summary>How many such proxies a request passes.</summary>
    [Range(1, 20)] public int Proxies { get; set; } = 1;
}
