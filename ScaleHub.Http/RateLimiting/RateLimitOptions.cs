using System.ComponentModel.DataAnnotations;

namespace ScaleHub.Http.RateLimiting;

/// <summary>
/// Section <c>RateLimits</c>. The limits of the plans are in the table <c>plans</c>; all others are in <see cref="RateLimits"/>
/// and can be replaced here by name: <c>RateLimits__Policies__user__Limit=2000</c>.
/// </summary>
public sealed class RateLimitOptions
{
    /// <summary>Configuration section.</summary>
    public const string Section = "RateLimits";

    /// <summary>Instances of the API: while Redis is away, each of them admits its share of every limit.</summary>
    [Range(1, 10_000)] public int Instances { get; set; } = 1;

    /// <summary>Every limit is multiplied by this; for load tests.</summary>
    [Range(0.001, 1_000_000)] public double Scale { get; set; } = 1;

    /// <summary>Limits that differ from those in the code, by the name of the policy.</summary>
    public Dictionary<string, PolicyOptions> Policies { get; } = new(StringComparer.OrdinalIgnoreCase);
}

/// <summary>What configuration says of a policy; what it leaves out stays as it is in the code.</summary>
public sealed class PolicyOptions
{
    /// <summary>Requests in a window; 1 at least.</summary>
    public int? Limit { get; set; }

    /// <summary>Length of the window in seconds; from 1 to 86,400.</summary>
    public int? WindowSeconds { get; set; }
}
