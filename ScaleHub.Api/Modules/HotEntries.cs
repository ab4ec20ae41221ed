using ScaleHub.Api.Http.Paging;
using ScaleHub.Api.Modules.Billing;
using ScaleHub.Api.Modules.Cards;
using ScaleHub.Api.Modules.Companies;
using ScaleHub.Core.Platform.Caching;

namespace ScaleHub.Api.Modules;

/// <summary>What the cache has before anybody asks: what everybody asks for.</summary>
public static class HotEntries
{
    /// <summary>Plans, prices, and the first page of the feed.</summary>
    public static void AddHotEntries(this WebApplicationBuilder builder)
    {
        Warm(async (services, ct) => await ListPlans.FindAsync(services.GetRequiredService<SharedCache>(), ct));
        Warm(async (services, ct) => await ListPrices.FindAsync(services.GetRequiredService<SharedCache>(), ct));
        Warm(async (services, ct) =>
        {
            var request = new DefaultHttpContext { RequestServices = services, Request = { Path = "/api/v1/feed" } };
            await ListFeed.HandleAsync(
                null, new PageQuery(null, null, null, request), services.GetRequiredService<SharedCache>(), ct);
        });

        void Warm(Func<IServiceProvider, CancellationToken, ValueTask> lookUp) => builder.Services.AddCacheWarming(lookUp);
    }
}
