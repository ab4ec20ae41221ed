using System.Globalization;
using System.Text;

namespace ScaleHub.Http.RateLimiting;

/// <summary>
/// <c>RateLimit-Policy</c> and <c>RateLimit</c> (draft-ietf-httpapi-ratelimit-headers-11): lists of structured fields (RFC 9651)
/// with an item for each limit that applies. <c>q</c> requests in <c>w</c> seconds; <c>r</c> remain, and after <c>t</c> seconds
/// there are more. No <c>pk</c>: whom a limit counts is nobody else's business.
/// </summary>
internal static class RateLimitHeaders
{
    public const string Policy = "RateLimit-Policy", State = "RateLimit";

    /// <summary>What applies.</summary>
    public static string FormatPolicy(ApplyingLimit[] limits)
    {
        var text = new StringBuilder(32 * limits.Length);
        foreach (var limit in limits)
        {
            if (text.Length > 0) text.Append(", ");
            text.Append(CultureInfo.InvariantCulture, $"\"{limit.Policy}\";q={limit.Limit};w={(long)limit.Window.TotalSeconds}");
        }
        return text.ToString();
    }

    /// <summary>How it stands.</summary>
    public static string FormatState(ApplyingLimit[] limits, LimitState[] states)
    {
        var text = new StringBuilder(32 * limits.Length);
        for (var i = 0; i < limits.Length; i++)
        {
            if (text.Length > 0) text.Append(", ");
            var (remaining, seconds) = (states[i].Remaining, Seconds(states[i].ResetMs));
            text.Append(CultureInfo.InvariantCulture, $"\"{limits[i].Policy}\";r={remaining};t={seconds}");
        }
        return text.ToString();
    }

    /// <summary>Whole seconds, rounded up: a client that waits them is not early.</summary>
    public static long Seconds(long milliseconds) => Math.Max(0, (milliseconds + 999) / 1000);
}
