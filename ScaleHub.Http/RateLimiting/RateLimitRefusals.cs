using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using ScaleHub.Core.Platform.Plans;

namespace ScaleHub.Http.RateLimiting;

/// <summary>
/// What a request over a limit is answered: 429 (RFC 6585), <c>Retry-After</c>, and a problem that names the limit and, where it
/// is the plan's, the plan that allows more.
/// </summary>
public sealed class RateLimitRefusals(ApplyingLimits applying, PlanLadder plans, RateLimitMetrics metrics)
{
    // Registered for this case by the draft, section "Problem Types".
    private const string QuotaExceeded = "https://iana.org/assignments/http-problem-types#quota-exceeded";

    /// <summary>The answer to a request that was refused; sets the headers that go with it.</summary>
    public async Task<ProblemHttpResult> CreateAsync(
        HttpContext context, ApplyingLimit[] limits, RateLimitDecision decision, Plan? plan = null)
    {
        var violated = Enumerable.Range(0, limits.Length).Where(decision.Violates).ToArray();
        foreach (var i in violated) metrics.Refused(limits[i].Policy);
        var seconds = violated.Max(i => RateLimitHeaders.Seconds(decision.States[i].ResetMs));
        var problem = new ProblemDetails
        {
            Status = StatusCodes.Status429TooManyRequests,
            Type = QuotaExceeded,
            Title = "Request cannot be satisfied as assigned quota has been exceeded",
            Extensions =
            {
                ["violated-policies"] = violated.Select(i => limits[i].Policy).ToArray(),
                ["retryAfterSeconds"] = seconds,
            },
        };
        problem.Detail = await ExplainAsync(problem, limits[violated[0]], plan, context.RequestAborted)
            + string.Create(CultureInfo.InvariantCulture, $" Try again in {seconds} {(seconds == 1 ? "second" : "seconds")}.");
        context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        context.Response.Headers.CacheControl = "no-store";
        return TypedResults.Problem(problem);
    }

    private async ValueTask<string> ExplainAsync(
        ProblemDetails problem, ApplyingLimit limit, Plan? plan, CancellationToken cancellationToken)
    {
        var what = RateLimits.All.FirstOrDefault(p => p.Name == limit.Policy)?.What ?? "requests";
        var numbers = string.Create(CultureInfo.InvariantCulture, $"{limit.Limit:N0} {what} in {Describe(limit.Window)}");
        if (limit.Policy != RateLimits.PlanName || plan is null) return $"The limit '{limit.Policy}' allows {numbers}.";
        problem.Extensions["plan"] = plan.Name;
        if (await plans.AboveAsync(plan, cancellationToken) is not { } above)
            return $"The company's plan {plan.Name} allows {numbers}.";
        problem.Extensions["upgradeTo"] = above.Name;
        var more = applying.Scaled(above.RequestsPer15Minutes).ToString("N0", CultureInfo.InvariantCulture);
        return $"The company's plan {plan.Name} allows {numbers}; {above.Name} allows {more}.";
    }

    private static string Describe(TimeSpan window) => window switch
    {
        { TotalSeconds: 60 } => "a minute",
        { Seconds: 0 } => string.Create(CultureInfo.InvariantCulture, $"{window.TotalMinutes} minutes"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{window.TotalSeconds} seconds"),
    };
}
