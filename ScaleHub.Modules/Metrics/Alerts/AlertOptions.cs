using System.ComponentModel.DataAnnotations;

namespace ScaleHub.Modules.Metrics.Alerts;

/// <summary>Section <c>Alerts</c>: from when on something is wrong, and who is told.</summary>
public sealed class AlertOptions
{
    /// <summary>Configuration section.</summary>
    public const string Section = "Alerts";

    /// <summary>Percent of all requests that may end with an error (status 500 or more).</summary>
    [Range(0.01, 100)] public double ErrorPercent { get; set; } = 1;

    /// <summary>Milliseconds that 95 of 100 requests may take.</summary>
    [Range(1, 600_000)] public double ResponseMs { get; set; } = 200;

    /// <summary>Percent of a pool's connections that may be in use.</summary>
    [Range(1, 100)] public double PoolPercent { get; set; } = 80;

    /// <summary>Percent of the memory that a process may have, by its container's limit or the machine's memory.</summary>
    [Range(1, 100)] public double MemoryPercent { get; set; } = 80;

    /// <summary>Percent of the processors that a process may use.</summary>
    [Range(1, 100)] public double CpuPercent { get; set; } = 70;

    /// <summary>Seconds that a standby may be behind the primary.</summary>
    [Range(0.1, 3600)] public double LagSeconds { get; set; } = 5;

    /// <summary>Percent of the lookups in the cache that must need no load.</summary>
    [Range(0, 99)] public double CacheHitPercent { get; set; } = 60;

    /// <summary>How many times more requests than in the hour before may be refused by a rate limit (status 429).</summary>
    [Range(1.1, 1000)] public double ThrottledRise { get; set; } = 5;

    /// <summary>Percent of a company's requests that may end with an error.</summary>
    [Range(0.01, 100)] public double CompanyErrorPercent { get; set; } = 5;

    /// <summary>Milliseconds that 95 of 100 requests of a company may take.</summary>
    [Range(1, 600_000)] public double CompanyResponseMs { get; set; } = 500;

    /// <summary>Percent of a company's requests that may be refused by a rate limit.</summary>
    [Range(0.01, 100)] public double CompanyThrottledPercent { get; set; } = 5;

    /// <summary>
    /// Requests in the last two to three minutes below which nothing is said of errors, durations, refusals and the cache: 1 error in 3
    /// requests is no 33 %.
    /// </summary>
    [Range(1, 1_000_000)] public int MinimumRequests { get; set; } = 50;

    /// <summary>Seconds for which a value must be too high, at every look, before anybody is told.</summary>
    [Range(0, 3600)] public int RaiseAfterSeconds { get; set; } = 20;

    /// <summary>
    /// Seconds for which a value must be good again before an alert is cleared. Good is a tenth better than the threshold, so that a value
    /// that swings around it does not raise and clear an alert again and again.
    /// </summary>
    [Range(0, 3600)] public int ClearAfterSeconds { get; set; } = 60;

    /// <summary>
    /// Where changes of alerts are sent as JSON, in one call for all changes of a look: an <c>http</c> or <c>https</c> URL. Empty: nowhere.
    /// </summary>
    public string? WebhookUrl { get; set; }

    /// <summary>
    /// Signs those calls as Standard Webhooks has it: <c>whsec_</c> and at least 24 bytes in base64. Empty: they are not signed.
    /// </summary>
    public string? WebhookSecret { get; set; }

    /// <summary>
    /// Mail addresses that are told, separated by commas. Empty: those of the operators. What is wrong with the whole is told at once, what is
    /// wrong with companies in one mail at the end of a quarter of an hour.
    /// </summary>
    public string? MailTo { get; set; }
}
