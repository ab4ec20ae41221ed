using System.Globalization;
using ScaleHub.Api.Http;
using ScaleHub.Api.Http.Authentication;
using ScaleHub.Api.Http.Caching;
using ScaleHub.Api.Http.Errors;
using ScaleHub.Api.Http.Input;
using ScaleHub.Api.Http.Overload;
using ScaleHub.Api.Http.Paging;
using ScaleHub.Api.Http.RateLimiting;
using ScaleHub.Api.Modules;
using ScaleHub.Api.Modules.Billing;
using ScaleHub.Api.Modules.Cards;
using ScaleHub.Api.Modules.Companies;
using ScaleHub.Api.Modules.Identity;
using ScaleHub.Api.Modules.Operations;
using ScaleHub.Api.Modules.Practice;
using ScaleHub.Api.Modules.Tasks;
using ScaleHub.Core.Model;
using ScaleHub.Core.Model.Identity;
using ScaleHub.Core.Platform;
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
    builder.AddModel();
    builder.AddErrors();
    builder.AddForwardedHeaders();
    builder.AddCrossOrigin();
    builder.AddCompression();
    builder.AddBearerAuthentication();
    builder.AddLoadShedding();
    builder.AddRateLimits();
    builder.AddPaging();
    builder.AddHttpCaching();
    builder.AddHotEntries();
    builder.AddApiDocs();
    builder.AddRequestLimits();
    builder.AddIdentity();

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

    var v1 = app.MapGroup("/api/v1").RequireAuthorization().WithRateLimit(RateLimits.Api);
    v1.MapIdentity();
    v1.MapCompanies();
    v1.MapTasks();
    v1.MapPractice();
    v1.MapBilling();
    v1.MapCards();
    v1.MapGet("/quotas", GetQuotas.HandleAsync).WithTags("Companies").RequireRole(Roles.Member)
        .WithRateLimit(RateLimits.Essential);
    app.MapFeedPage();
    app.MapKeys();
    app.MapOperations();
    app.MapBillingAdministration();
    app.MapDefaultEndpoints();

    await app.RunAsync();
});
