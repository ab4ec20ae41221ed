using Microsoft.Extensions.Hosting;
using ScaleHub.Core.Platform;

namespace ScaleHub.Core.Model;

/// <summary>Registers the two contexts.</summary>
public static class ModelExtensions
{
    /// <summary><see cref="ScaleHubDb"/> for writes, <see cref="ReadDb"/> for reads.</summary>
    public static IHostApplicationBuilder AddModel(this IHostApplicationBuilder builder)
    {
        builder.Services.AddTenantDbContext<ScaleHubDb>().AddTenantDbContext<ReadDb>();
        return builder;
    }
}
