using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using ScaleHub.Core.Model.Companies;
using ScaleHub.Core.Model.Identity;
using ScaleHub.Core.Platform;

namespace ScaleHub.Core.Model;

/// <summary>Registers the two contexts, and what modules share.</summary>
public static class ModelExtensions
{
    /// <summary><see cref="ScaleHubDb"/> for writes, <see cref="ReadDb"/> for reads, plans of companies, live sessions.</summary>
    public static IHostApplicationBuilder AddModel(this IHostApplicationBuilder builder)
    {
        builder.Services.AddTenantDbContext<ScaleHubDb>().AddTenantDbContext<ReadDb>();
        builder.Services.AddSingleton<CompanyPlans>().AddSingleton<LiveSessions>();
        return builder;
    }
}
