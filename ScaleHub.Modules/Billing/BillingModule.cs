using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using ScaleHub.Core.Platform.Caching;
using ScaleHub.Core.Platform.Events;
using ScaleHub.Core.Platform.Exports;
using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http;
using ScaleHub.Http.Authentication;
using ScaleHub.Http.Idempotency;
using ScaleHub.Http.RateLimiting;
using ScaleHub.Modules.Billing.Gateways;

namespace ScaleHub.Modules.Billing;

/// <summary>What things cost, subscriptions to plans, invoices, and how they are paid.</summary>
public sealed class BillingModule : IModule
{
    /// <inheritdoc/>
    public string Name => "Billing";

    /// <inheritdoc/>
    public string Summary => "What things cost, subscriptions to plans, invoices, and how they are paid.";

    // A plan is the company's, and its owners are told what is not paid.
    /// <inheritdoc/>
    public IReadOnlyList<string> Uses => ["Companies", "Identity", "Notifications"];

    /// <inheritdoc/>
    public IReadOnlyList<EventType> Events => [InvoiceEvents.Created, InvoiceEvents.Paid];

    /// <inheritdoc/>
    public void AddServices(IServiceCollection services)
    {
        services.AddSingleton<SimulatedGateway>();
        services.AddOptions<BillingOptions>().BindConfiguration(BillingOptions.Section).ValidateOnStart();
        services.TryAddSingleton<IPaymentGateway>(provider =>
            provider.GetRequiredService<IOptions<BillingOptions>>().Value.SimulatePayments
                ?? !provider.GetRequiredService<IHostEnvironment>().IsProduction()
            ? provider.GetRequiredService<SimulatedGateway>() : new NoGateway());
        services.AddSingleton<CallbackReceiver>();
        services.AddScoped<BillingWork>();
    }

    /// <inheritdoc/>
    public void AddRouteServices(IServiceCollection services) => services.AddCacheWarming(
        async (scope, cancellationToken) => await ListPrices.FindAsync(scope.GetRequiredService<SharedCache>(), cancellationToken));

    /// <inheritdoc/>
    public void AddJobs(JobList jobs) => jobs
        .Handle<FindCompaniesToBill, FindCompaniesToBillHandler>()
        .Handle<BillCompany, BillCompanyHandler>()
        .Handle<FollowPayment, FollowPaymentHandler>()
        .Handle<RetryPayment, RetryPaymentHandler>()
        .Handle<SimulatedCallback, SimulatedCallbackHandler>()
        // Two schedules: when workers were away on the first of a month, its tick is still made up for.
        .Schedule("billing.month", "0 1 1 * *", tick => new FindCompaniesToBill(tick, Charges: true))
        .Schedule("billing.day", "0 2 * * *", tick => new FindCompaniesToBill(tick, Charges: false));

    /// <inheritdoc/>
    public void AddExports(ExportCatalogue exports) => exports
        .Add("invoices", Roles.Admin, db => db.Invoices, i => i.Id, InvoiceSummary.Projection, i => i.Id)
        .Add("charges", Roles.Admin, db => db.UsageCharges, c => c.Id, ChargeResponse.Projection, c => c.Id);

    /// <inheritdoc/>
    public void MapRoutes(IEndpointRouteBuilder v1, IEndpointRouteBuilder root)
    {
        v1.MapGet("/prices", ListPrices.HandleAsync).AllowAnonymous().WithRateLimit(RateLimits.Public);

        // Looking is for admins, money for the owner. What must work when the plan's limit is used up is what lifts it.
        var subscription = v1.MapGroup("/billing/subscription").WithRateLimit(RateLimits.Essential);
        subscription.MapGet("/", GetSubscription.HandleAsync).RequireRole(Roles.Admin);
        subscription.MapPost("/", CreateSubscription.HandleAsync).RequireRole(Roles.Owner).RequireIdempotency()
            .ProducesProblem(409);
        subscription.MapDelete("/", CancelSubscription.HandleAsync).RequireRole(Roles.Owner).InTransaction().ProducesProblem(409);
        v1.MapPut("/company/plan", ChangePlan.HandleAsync).RequireRole(Roles.Owner).WithRateLimit(RateLimits.Essential)
            .InTransaction().ProducesProblem(402).ProducesProblem(409);

        var billing = v1.MapGroup("/billing").RequireRole(Roles.Admin);
        billing.MapGet("/charges", ListCharges.HandleAsync);
        billing.MapGet("/invoices", ListInvoices.HandleAsync);
        billing.MapGet("/invoices/{id:guid}", GetInvoice.HandleAsync);
        billing.MapGet("/invoices/{id:guid}/page", ShowInvoice.HandleAsync).Produces<string>(200, "text/html");
        billing.MapPost("/invoices/{id:guid}/payments", CreatePayment.HandleAsync).RequireRole(Roles.Owner).RequireIdempotency()
            .ProducesProblem(409);

        root.MapPut("/api/admin/prices/{code}/{currency}", SetPrice.HandleAsync).RequireRole(Roles.Operator)
            .WithRateLimit(RateLimits.Admin);
        root.MapPost("/api/admin/invoices/{companyId:guid}/{id:guid}/credit-notes", CreateCreditNote.HandleAsync)
            .RequireRole(Roles.Operator).WithRateLimit(RateLimits.Admin).RequireIdempotency().ProducesProblem(409);
        // For the provider, which signs what it sends; clients have no use for it.
        root.MapPost("/api/payments/callback", ReceiveCallback.HandleAsync).AllowAnonymous().WithRateLimit(RateLimits.Public)
            .ExcludeFromDescription();
    }
}
