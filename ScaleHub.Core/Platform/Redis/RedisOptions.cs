using System.ComponentModel.DataAnnotations;

namespace ScaleHub.Core.Platform.Redis;

/// <summary>Section <c>Redis</c>. The server comes from the connection string <c>redis</c> (alias <c>REDIS_URL</c>).</summary>
public sealed class RedisOptions
{
    /// <summary>Configuration section.</summary>
    public const string Section = "Redis";

    /// <summary>Milliseconds that one command may take before a caller that can do without Redis goes on without it.</summary>
    [Range(10, 5000)] public int TimeoutMs { get; set; } = 100;

    /// <summary>
    /// Milliseconds for which the circuit breaker stays open after a command failed or timed out: no caller asks Redis. It closes
    /// earlier when the command is answered late. After that time one caller tries again.
    /// </summary>
    [Range(100, 60000)] public int BreakMs { get; set; } = 1000;

    /// <summary>
    /// Milliseconds without any answer, while commands wait for one, after which Redis counts as gone and not as late: the
    /// longest that a caller waits who cannot do without Redis (rate limits). At least <see cref="TimeoutMs"/> is taken.
    /// </summary>
    [Range(100, 4000)] public int SilenceMs { get; set; } = 1000;

    /// <summary>First part of every key, so that several applications can share a server. Alias <c>APP_NAME</c>.</summary>
    [Required] public string Prefix { get; set; } = "scalehub";
}
