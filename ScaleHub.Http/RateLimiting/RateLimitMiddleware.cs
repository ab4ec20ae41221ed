namespace ScaleHub.Http.RateLimiting;

/// <summary>
/// Lets a request pass that all its limits admit, and answers the others with 429 (RFC 6585), <c>Retry-After</c>, and a problem
/// that names the limit and, where it is the plan's, the plan that allows more. Every response tells where its limits stand.
/// </summary>
internal sealed class RateLimitMiddleware(
    RateLimiter limiter, ApplyingLimits applying, RateLimitRefusals refusals)
{
    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        var policy = context.GetEndpoint()?.Metadata.GetMetadata<RateLimitPolicy>() ?? RateLimits.Public;
        if (policy.Limit == 0)
        {
            await next(context);
            return;
        }
        var (set, plan) = await applying.FindAsync(context, policy);
        var decision = await limiter.DecideAsync(set, context.RequestAborted);
        // When the response starts: an error on the way clears the headers that are set before it.
        context.Response.OnStarting(static state =>
        {
            var (response, set, states) = ((HttpResponse, LimitSet, LimitState[]))state;
            response.Headers[RateLimitHeaders.Policy] = set.PolicyHeader;
            response.Headers[RateLimitHeaders.State] = RateLimitHeaders.FormatState(set.Limits, states);
            return Task.CompletedTask;
        }, (context.Response, set, decision.States));
        if (decision.Admitted) await next(context);
        else await (await refusals.CreateAsync(context, set.Limits, decision, plan)).ExecuteAsync(context);
    }
}
