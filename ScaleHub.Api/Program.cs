using System.Globalization;
using ScaleHub.Core.Platform;
using ScaleHub.Http;
using ScaleHub.Http.Caching;
using ScaleHub.Http.Errors;
using ScaleHub.Http.Input;
using ScaleHub.Http.Metrics;
using ScaleHub.Http.Overload;
using ScaleHub.Http.Paging;
using ScaleHub.Http.RateLimiting;
using ScaleHub.Modules;
using ScaleHub.Modules.Identity.Authentication;
using ScaleHub.ServiceDefaults;
using ScaleHub.ServiceDefaults.Startup;

return await ClearErrors.RunAsync(async () =>
{
    // The machine's language is nobody's business here.
    CultureInfo.DefaultThreadCurrentCulture = CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
    var builder = WebApplication.CreateBuilder(args);
    builder.AddServiceDefaults();
    builder.AddPlatform();
    builder.AddPlatformHealthChecks();
    builder.AddRequestMetering();
    builder.AddErrors();
    builder.AddForwardedHeaders();
    builder.AddCrossOrigin();
    builder.AddCompression();
    builder.AddBearerAuthentication();
    builder.AddLoadShedding();
    builder.AddRateLimits();
    builder.AddPaging();
    builder.AddHttpCaching();
    builder.AddJsonConventions();
    builder.Services.AddOpenApi("v1", options => options.Describe([.. ModuleList.All.Select(m => (m.Name, m.Summary))]));
    builder.AddRequestLimits();
    builder.AddModules();
    builder.AddModuleRoutes();

    var app = builder.Build();

    // One request, top to bottom.
    app.UseRequestLog();
    app.UseErrors();
    app.UseHeadAsGet();
    app.UseForwardedHeaders();
    app.UseSecurityHeaders();
    app.UseResponseCompression();
    app.MapApiDocs();
    app.UseRouting();
    app.UseQueryRules();
    app.UseCrossOrigin();
    app.UseLoadShedding();
    app.UseAuthentication();
    app.UseTenant();
    app.UseRateLimits();
    app.UseAuthorization();
    app.UseReadRouting();

    app.MapModuleRoutes();
    app.MapDefaultEndpoints();

    await app.RunAsync();
});
