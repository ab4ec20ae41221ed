using System.ComponentModel.DataAnnotations;
using System.Text.Json;

namespace ScaleHub.Core.Platform.Caching;

/// <summary>Section <c>Cache</c>.</summary>
public sealed class CacheOptions
{
    /// <summary>Configuration section.</summary>
    public const string Section = "Cache";

    /// <summary>Most bytes of entries that this process keeps, keys and bookkeeping included.</summary>
    [Range(1L << 16, 1L << 40)] public long LocalBytes { get; set; } = 64L << 20;

    /// <summary>Most bytes of one value; a larger one is loaded each time.</summary>
    [Range(1 << 10, 1 << 26)] public int MaxValueBytes { get; set; } = 1 << 20;

    /// <summary>Seconds that a value is current when whoever caches it does not say. Each entry ends up to a tenth
    /// earlier.</summary>
    [Range(1, 86400)] public int ExpirationSeconds { get; set; } = 300;

    /// <summary>Seconds that an expired value may still be served when the load fails.</summary>
    [Range(0, 86400)] public int StaleSeconds { get; set; } = 3600;

    /// <summary>Milliseconds for which one instance loads a key alone; then another may.</summary>
    [Range(50, 60000)] public int LockMs { get; set; } = 1000;

    /// <summary>How values become UTF-8 JSON. The API sets its own.</summary>
    public JsonSerializerOptions Json { get; set; } = JsonSerializerOptions.Web;
}
