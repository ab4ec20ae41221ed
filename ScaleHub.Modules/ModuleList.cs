using ScaleHub.Core.Platform.Events;
using ScaleHub.Core.Platform.Exports;
using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Core.Platform.Mail;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http.Assets;
using ScaleHub.Http.RateLimiting;
using ScaleHub.Modules.Addresses;
using ScaleHub.Modules.Audit;
using ScaleHub.Modules.Billing;
using ScaleHub.Modules.Cards;
using ScaleHub.Modules.Companies;
using ScaleHub.Modules.Exports;
using ScaleHub.Modules.Files;
using ScaleHub.Modules.Identity;
using ScaleHub.Modules.Jobs;
using ScaleHub.Modules.Metrics;
using ScaleHub.Modules.Notifications;
using ScaleHub.Modules.Operations;
using ScaleHub.Modules.Practice;
using ScaleHub.Modules.Tasks;
using ScaleHub.Modules.Webhooks;

namespace ScaleHub.Modules;

/// <summary>The list of modules, which the API, the worker and the tests read.</summary>
public static class ModuleList
{
    /// <summary>Every module, in the order of the OpenAPI document's tags.</summary>
    public static IReadOnlyList<IModule> All { get; } =
    [
        new IdentityModule(),
        new CompaniesModule(),
        new NotificationsModule(),
        new TasksModule(),
        new FilesModule(),
        new ExportsModule(),
        new PracticeModule(),
        new AddressesModule(),
        new BillingModule(),
        new CardsModule(),
        new WebhooksModule(),
        new AuditModule(),
        new JobsModule(),
        new MetricsModule(),
        new OperationsModule(),
    ];

    /// <summary>The tables of the platform and of all modules.</summary>
    public static Schema Schema { get; } = new(typeof(IModule).Assembly);

    /// <summary>The kinds of jobs of the platform and of all modules.</summary>
    public static JobList Jobs { get; } = All.Aggregate(new JobList().HandleMail(), (jobs, module) =>
    {
        module.AddJobs(jobs);
        return jobs;
    });

    /// <summary>The lists of all modules that a company can take with it.</summary>
    public static ExportCatalogue Exports { get; } = All.Aggregate(new ExportCatalogue(), (exports, module) =>
    {
        module.AddExports(exports);
        return exports;
    });

    /// <summary>Registers the modules' services, tables and jobs.</summary>
    public static void AddModules(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton(Schema);
        builder.Services.AddSingleton(Jobs);
        builder.Services.AddSingleton(new EventCatalogue(All.SelectMany(module => module.Events)));
        builder.Services.AddSingleton(Exports);
        foreach (var module in All) module.AddServices(builder.Services);
    }

    /// <summary>Registers what the modules' routes need.</summary>
    public static void AddModuleRoutes(this WebApplicationBuilder builder)
    {
        // Its generator looks for the types that the routes of this assembly take.
        builder.Services.AddValidation();
        builder.Services.AddSingleton(_ => new StaticAssets(typeof(IModule).Assembly));
        foreach (var module in All) module.AddRouteServices(builder.Services);
    }

    /// <summary>Maps the modules' routes and the files of their pages.</summary>
    public static void MapModuleRoutes(this WebApplication app)
    {
        var v1 = app.MapGroup("/api/v1").RequireAuthorization().WithRateLimit(RateLimits.Api);
        foreach (var module in All) module.MapRoutes(v1.MapGroup("").WithTags(module.Name), app.MapGroup("").WithTags(module.Name));
        app.Services.GetRequiredService<StaticAssets>().Map(app);
    }
}
