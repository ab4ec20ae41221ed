using ScaleHub.Core.Platform.Consistency;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http.Errors;

namespace ScaleHub.Http;

/// <summary>
/// Read-your-writes over HTTP, and reads that survive the loss of a standby.
/// <para>Guarantee: a response to a write carries <c>ScaleHub-Consistency</c>; a request that sends it back, or that comes from
/// the same user within 30 seconds, sees that write, through any instance. A GET whose node fails is answered by another node,
/// without the client noticing.</para>
/// </summary>
public static class ReadRouting
{
    /// <summary>Position in the log that a response has, or that a request wants to see: sixteen hexadecimal digits.</summary>
    public const string ConsistencyHeader = "ScaleHub-Consistency";

    /// <summary>Name of the node that answered; in Development only.</summary>
    public const string ReadFromHeader = "ScaleHub-Read-From";

    /// <summary>Right before the endpoint: it runs the endpoint, again on another node where needed.</summary>
    public static void UseReadRouting(this WebApplication app)
    {
        var nodes = app.Services.GetRequiredService<PostgresNodes>();
        var lastWrites = app.Services.GetRequiredService<LastWrites>();
        var metrics = app.Services.GetRequiredService<NodeMetrics>();
        var development = app.Environment.IsDevelopment();
        var logger = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(ReadRouting));

        app.Use(async (context, next) =>
        {
            var consistency = context.RequestServices.GetRequiredService<ReadConsistency>();
            if (context.Request.Headers.TryGetValue(ConsistencyHeader, out var token))
            {
                if (!LastWrites.TryParse(token, out var lsn))
                    throw new BadRequestException($"The header {ConsistencyHeader} is not one that this service gave.");
                consistency.Require(lsn);
            }
            var reads = HttpMethods.IsGet(context.Request.Method);
            if (reads) await lastWrites.RecallAsync(Tenant(context), consistency, context.RequestAborted);
            context.Response.OnStarting(() => FinishAsync(context, lastWrites, development));
            if (!reads)
            {
                await next(context);
                return;
            }
            for (var attempt = 1; ; attempt++)
            {
                try
                {
                    await next(context);
                    if (Consistency(context).ReadFrom is { } node) metrics.Read(node);
                    return;
                }
                catch (Exception e) when (attempt <= nodes.All.Count && !context.Response.HasStarted
                    && Consistency(context).ReadFrom is not null && DatabaseErrors.IsRetryableRead(e))
                {
                    var failed = Consistency(context).ReadFrom!;
                    if (DatabaseErrors.IsNodeFailure(e)) failed.Eject();
                    metrics.Retried(failed);
                    logger.LogWarning("Read on {Node} failed ({Reason}); trying another node", failed.Name, e.GetType().Name);
                    StartAfresh(context, failed);
                }
            }
        });
    }

    /// <summary>A new scope for the next attempt: the failed one's context is bound to the failed node.</summary>
    private static void StartAfresh(HttpContext context, PostgresNode failed)
    {
        var (tenant, consistency) = (Tenant(context), Consistency(context));
        var scope = context.RequestServices.CreateAsyncScope();
        context.Response.RegisterForDisposeAsync(scope);
        context.RequestServices = scope.ServiceProvider;
        if (tenant.CompanyId is { } company) Tenant(context).ActAs(company, tenant.UserId);
        var next = Consistency(context);
        next.Require(consistency.AtLeast);
        if (consistency.NothingCached) next.RequireFresh();
        else if (consistency.PrimaryOnly) next.RequirePrimary();
        next.Failed = failed;
    }

    private static async Task FinishAsync(HttpContext context, LastWrites lastWrites, bool development)
    {
        var consistency = Consistency(context);
        // Before the first byte leaves: whoever has the answer can rely on every instance knowing.
        await lastWrites.RememberAsync(Tenant(context), consistency, CancellationToken.None);
        if (consistency.WrittenUnknown) context.Response.Headers[ConsistencyHeader] = LastWrites.Format(ReadConsistency.Unknown);
        else if (consistency.Written is { } written) context.Response.Headers[ConsistencyHeader] = LastWrites.Format(written);
        if (development && consistency.ReadFrom is { } node) context.Response.Headers[ReadFromHeader] = node.Name;
    }

    private static Tenant Tenant(HttpContext context) => context.RequestServices.GetRequiredService<Tenant>();

    private static ReadConsistency Consistency(HttpContext context) => context.RequestServices.GetRequiredService<ReadConsistency>();
}
