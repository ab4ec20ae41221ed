using ScaleHub.Core.Platform.Events;
using ScaleHub.Core.Platform.Exports;
using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http;
using ScaleHub.Http.Authentication;
using ScaleHub.Http.Concurrency;
using ScaleHub.Http.Idempotency;
using ScaleHub.Http.RateLimiting;

namespace ScaleHub.Modules.Webhooks;

/// <summary>Servers of a company that hear of its events.</summary>
public sealed class WebhooksModule : IModule
{
    /// <inheritdoc/>
    public string Name => "Webhooks";

    /// <inheritdoc/>
    public string Summary => "Servers of a company that hear of its events, by signed calls.";

    // The owners hear of one that was switched off.
    /// <inheritdoc/>
    public IReadOnlyList<string> Uses => ["Identity", "Notifications"];

    /// <inheritdoc/>
    public void AddServices(IServiceCollection services)
    {
        services.AddOptions<WebhookOptions>().BindConfiguration(WebhookOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<WebhookSecrets>();
        services.AddSingleton<WebhookSender>();
        services.AddSingleton<WebhookMetrics>();
        services.AddSingleton<WantedEvents>();
        services.AddScoped<IEventListener, WebhookListener>();
    }

    /// <inheritdoc/>
    public void AddJobs(JobList jobs)
        => jobs.Handle<PublishEvent, PublishEventHandler>().Handle<DeliverWebhook, DeliverWebhookHandler>();

    /// <inheritdoc/>
    public void AddExports(ExportCatalogue exports) => exports
        .Add("webhooks", Roles.Admin, db => db.Webhooks, w => w.Id, WebhookResponse.Projection, w => w.Id)
        .Add("webhook-deliveries", Roles.Admin, db => db.WebhookDeliveries, d => d.Id, DeliveryResponse.Projection, d => d.Id);

    /// <inheritdoc/>
    public void MapRoutes(IEndpointRouteBuilder v1, IEndpointRouteBuilder root)
    {
        var webhooks = v1.MapGroup("/webhooks").RequireRole(Roles.Admin);
        webhooks.MapGet("/", ListWebhooks.HandleAsync);
        webhooks.MapGet("/events", ListEventTypes.Handle);
        webhooks.MapGet("/{id:guid}", GetWebhook.HandleAsync).WithEntityTag();
        webhooks.MapPatch("/{id:guid}", UpdateWebhook.HandleAsync).InTransaction().WithEntityTag();
        webhooks.MapDelete("/{id:guid}", DeleteWebhook.HandleAsync).InTransaction();
        webhooks.MapGet("/{id:guid}/deliveries", ListDeliveries.HandleAsync);

        // Their answers have a secret, which must not be kept for a repetition of the request, nor on the way.
        var secrets = webhooks.MapGroup("").InTransaction().AddEndpointFilter(NotStoredAsync).WithRateLimit(RateLimits.Strict);
        secrets.MapPost("/", CreateWebhook.HandleAsync).ProducesProblem(409);
        secrets.MapPost("/{id:guid}/secret/rotate", RotateWebhookSecret.HandleAsync);

        var calls = webhooks.MapGroup("/{id:guid}").WithIdempotency().WithRateLimit(RateLimits.Strict);
        calls.MapPost("/ping", PingWebhook.HandleAsync).ProducesProblem(409);
        calls.MapPost("/deliveries/{deliveryId:guid}/redeliver", RedeliverWebhook.HandleAsync).ProducesProblem(409);
    }

    private static ValueTask<object?> NotStoredAsync(EndpointFilterInvocationContext invocation, EndpointFilterDelegate next)
    {
        invocation.HttpContext.Response.Headers.CacheControl = "no-store";
        return next(invocation);
    }
}
