namespace ScaleHub.Modules.Metrics.Alerts;

/// <summary>What can be wrong. In the database and to clients by its name, which never changes.</summary>
public enum AlertRule
{
    /// <summary>Too many of all requests end with an error.</summary>
    Errors,

    /// <summary>All requests together take too long.</summary>
    Response,

    /// <summary>A pool of database connections is nearly used up.</summary>
    Pool,

    /// <summary>A process is near the memory that it may have.</summary>
    Memory,

    /// <summary>A process uses too much of the processors.</summary>
    Cpu,

    /// <summary>A standby is too far behind.</summary>
    Lag,

    /// <summary>Too many lookups in the cache need a load.</summary>
    CacheHits,

    /// <summary>Far more requests are refused by rate limits than in the hour before.</summary>
    ThrottledRise,

    /// <summary>No instance of the API is there any more.</summary>
    Instances,

    /// <summary>Too many of a company's requests end with an error.</summary>
    CompanyErrors,

    /// <summary>A company's requests take too long.</summary>
    CompanyResponse,

    /// <summary>Too many of a company's requests are refused by a rate limit.</summary>
    CompanyThrottled,
}

/// <summary>A value that a rule looks at.</summary>
/// <param name="Rule">Which.</param>
/// <param name="CompanyId">Whose; the platform's, where it is about the whole.</param>
/// <param name="Subject">An instance or a node; empty where it is about all of it.</param>
/// <param name="Value">In the rule's unit.</param>
/// <param name="Threshold">From where on it is wrong.</param>
internal readonly record struct Observation(AlertRule Rule, Guid CompanyId, string Subject, double Value, double Threshold)
{
    private const double Better = 0.1;

    public bool IsWrong => IsLeast ? Value < Threshold : Value > Threshold;

    /// <summary>How wrong it is: above 1, or not.</summary>
    public double Ratio => IsLeast ? Threshold / Math.Max(Value, 0.001) : Value / Threshold;

    private bool IsLeast => Rule is AlertRule.CacheHits or AlertRule.Instances;

    /// <summary>Good enough to clear an alert: between this and wrong, everything stays as it is.</summary>
    public bool IsGood => Rule switch
    {
        AlertRule.Instances => Value >= Threshold,
        AlertRule.CacheHits => Value > Threshold * (1 + Better) || Value >= 100,
        _ => Value < Threshold * (1 - Better),
    };
}

internal static class AlertTexts
{
    public static string Unit(this AlertRule rule) => rule switch
    {
        AlertRule.Response or AlertRule.CompanyResponse => "ms",
        AlertRule.Lag => "s",
        AlertRule.ThrottledRise => "per minute",
        AlertRule.Instances => "instances",
        _ => "%",
    };

    /// <summary>One sentence for whoever is told.</summary>
    public static string Text(this AlertRule rule, string subject, double value, double threshold) => rule switch
    {
        AlertRule.Errors => $"{value:0.##} % of all requests end with an error; the limit is {threshold:0.##} %.",
        AlertRule.Response => $"95 of 100 requests take up to {value:0} ms; the limit is {threshold:0} ms.",
        AlertRule.Pool => $"{subject}: {value:0} % of the connections are in use; the limit is {threshold:0} %.",
        AlertRule.Memory => $"{subject} has {value:0} % of its memory in use; the limit is {threshold:0} %.",
        AlertRule.Cpu => $"{subject} uses {value:0} % of the processors; the limit is {threshold:0} %.",
        AlertRule.Lag => $"{subject} is {value:0.#} s behind the primary; the limit is {threshold:0.#} s.",
        AlertRule.CacheHits => $"{value:0} % of the lookups in the cache need no load; it should be {threshold:0} % at least.",
        AlertRule.ThrottledRise => $"Rate limits refuse {value:0} requests a minute; the limit is {threshold:0}, by the hour before.",
        AlertRule.Instances => "No instance of the API has been heard of for 45 s.",
        AlertRule.CompanyErrors => $"{value:0.##} % of the company's requests end with an error; the limit is {threshold:0.##} %.",
        AlertRule.CompanyResponse => $"95 of 100 of the company's requests take up to {value:0} ms; the limit is {threshold:0} ms.",
        _ => $"Rate limits refuse {value:0.#} % of the company's requests; the limit is {threshold:0.#} %.",
    };
}
