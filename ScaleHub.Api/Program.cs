using ScaleHub.Api.Http;
using ScaleHub.Api.Http.Authentication;
using ScaleHub.Api.Http.Errors;
using ScaleHub.Api.Http.Paging;
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
    var builder = WebApplication.CreateBuilder(args);
    builder.AddServiceDefaults();
    builder.AddPlatform();
    builder.AddPlatformHealthChecks();
    builder.AddModel();
    builder.AddErrors();
    builder.AddForwardedHeaders();
    builder.AddCompression();
    builder.AddBearerAuthentication();
    builder.AddPaging();
    builder.AddApiDocs();
    builder.AddRequestLimits();
    builder.AddIdentity();

    var app = builder.Build();

    // One request, top to bottom.
    app.UseErrors();
    app.UseForwardedHeaders();
    app.UseSecurityHeaders();
    app.UseResponseCompression();
    app.MapApiDocs();
    app.UseRouting();
    app.UseAuthentication();
    app.UseTenant();
    app.UseAuthorization();
    app.UseReadRouting();

    var v1 = app.MapGroup("/api/v1").RequireAuthorization();
    v1.MapIdentity();
    v1.MapCompanies();
    v1.MapTasks();
    v1.MapPractice();
    v1.MapGet("/quotas", GetQuotas.HandleAsync).WithTags("Companies").RequireRole(Roles.Member);
    app.MapKeys();
    app.MapOperations();
    app.MapDefaultEndpoints();

    await app.RunAsync();
});
