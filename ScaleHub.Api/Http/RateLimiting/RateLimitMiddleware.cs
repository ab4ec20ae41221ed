using System.Globalization;
using Microsoft.AspNetCore.Mvc;
using ScaleHub.Core.Model.Companies;

namespace ScaleHub.Api.Http.RateLimiting;

/// <summary>
/// Lets a request pass that all its limits admit, and answers the others with 429 (RFC 6585), <c>Retry-After</c>, and a problem
/// that names the limit and, where it is the plan's, the plan that allows more. Every response tells where its limits stand.
/// </summary>
internal sealed class RateLimitMiddleware(
    RateLimiter limiter, ApplyingLimits applying, PlanLadder plans, RateLimitMetrics metrics, IProblemDetailsService problems)
{
    // Registered for this case by the draft, section "Problem Types".
    private const string QuotaExceeded = "https://iana.org/assignments/http-problem-types#quota-exceeded";

    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        var policy = context.GetEndpoint()?.Metadata.GetMetadata<RateLimitPolicy>() ?? RateLimits.Public;
        if (policy.Limit == 0)
        {
            await next(context);
            return;
        }
        var (limits, plan) = await applying.FindAsync(context, policy);
        var decision = await limiter.DecideAsync(limits, context.RequestAborted);
        // When the response starts: an error on the way clears the headers that are set before it.
        context.Response.OnStarting(static state =>
        {
            var (response, limits, states) = ((HttpResponse, ApplyingLimit[], LimitState[]))state;
            response.Headers[RateLimitHeaders.Policy] = RateLimitHeaders.FormatPolicy(limits);
            response.Headers[RateLimitHeaders.State] = RateLimitHeaders.FormatState(limits, states);
            return Task.CompletedTask;
        }, (context.Response, limits, decision.States));
        if (decision.Admitted) await next(context);
        else await RefuseAsync(context, limits, decision, plan);
    }

    private async Task RefuseAsync(HttpContext context, ApplyingLimit[] limits, RateLimitDecision decision, Plan? plan)
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
        context.Response.StatusCode = StatusCodes.Status429TooManyRequests;
        context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        context.Response.Headers.CacheControl = "no-store";
        await problems.WriteAsync(new() { HttpContext = context, ProblemDetails = problem });
    }

    private async ValueTask<string> ExplainAsync(
        ProblemDetails problem, ApplyingLimit limit, Plan? plan, CancellationToken cancellationToken)
    {
        var numbers = string.Create(CultureInfo.InvariantCulture, $"{limit.Limit:N0} requests in {Describe(limit.Window)}");
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
