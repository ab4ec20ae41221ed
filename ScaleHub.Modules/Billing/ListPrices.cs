using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Caching;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http.Caching;

namespace ScaleHub.Modules.Billing;

/// <summary>All prices, by code.</summary>
public sealed record ListPricesResponse(IReadOnlyList<PriceResponse> Items);

/// <summary>A price as clients see it.</summary>
/// <param name="Code">What costs it.</param>
/// <param name="Currency">ISO 4217.</param>
/// <param name="AmountMinor">In the currency's minor unit: 150 is 1.50 EUR.</param>
/// <param name="Description">For people.</param>
/// <param name="UpdatedAt">When it was last changed.</param>
public sealed record PriceResponse(string Code, string Currency, long AmountMinor, string Description, DateTimeOffset UpdatedAt)
{
    internal static PriceResponse From(Price price)
        => new(price.Code, price.Currency, price.AmountMinor, price.Description, price.UpdatedAt);
}

/// <summary><c>GET /api/v1/prices</c>: what everything costs. Public, and one cached value for all companies and
/// instances.</summary>
public static class ListPrices
{
    /// <summary>The namespace in the shared cache: whoever changes a price says so before.</summary>
    internal const string Cached = "prices";

    /// <summary>Lists the prices.</summary>
    // A few dozen rows, read whole.
    public static async Task<CachedOk<ListPricesResponse>> HandleAsync(SharedCache cache, CancellationToken cancellationToken)
        => new(await FindAsync(cache, cancellationToken));

    /// <summary>The prices from the cache.</summary>
    internal static ValueTask<Cached> FindAsync(SharedCache cache, CancellationToken cancellationToken)
        => cache.LoadAsync(Cached, async services => cache.Write(new ListPricesResponse(
            [.. (await services.GetRequiredService<ReadDb>().Prices.OrderBy(p => p.Code).ThenBy(p => p.Currency).Take(1000)
                .ToListAsync(CancellationToken.None)).Select(PriceResponse.From)])),
            cancellationToken: cancellationToken);
}
