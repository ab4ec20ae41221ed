using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Caching;
using ScaleHub.Core.Platform.Consistency;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http;

namespace ScaleHub.Modules.Billing;

/// <summary>Body of <c>PUT /api/admin/prices/{code}/{currency}</c>.</summary>
/// <param name="AmountMinor">In the currency's minor unit, at most a billion.</param>
[BodyExample("""{ "amountMinor": 150 }""")]
public sealed record SetPriceRequest([property: Required, Range(0L, 1_000_000_000L)] long? AmountMinor);

/// <summary>
/// <c>PUT /api/admin/prices/{code}/{currency}</c>: an operator changes a price that there is; migrations add new ones. Every
/// instance has the new price in milliseconds.
/// </summary>
public static class SetPrice
{
    /// <summary>Changes what something costs from now on.</summary>
    public static async Task<Results<Ok<PriceResponse>, NotFound>> HandleAsync(
        string code, string currency, SetPriceRequest request, Tenant tenant, IServiceScopeFactory scopes, ReadConsistency consistency,
        TimeProvider time, CancellationToken cancellationToken)
    {
        // A scope of its own: prices belong to the platform, and a scope serves one company.
        await using var scope = scopes.CreateScopeOf(Tenant.Platform, tenant.UserId);
        var db = scope.ServiceProvider.GetRequiredService<ScaleHubDb>();
        if (await db.Prices.SingleOrDefaultAsync(p => p.Code == code && p.Currency == currency, cancellationToken) is not { } price)
            return TypedResults.NotFound();
        (price.AmountMinor, price.UpdatedAt) = (request.AmountMinor!.Value, time.GetDatabaseNow());
        await scope.ServiceProvider.GetRequiredService<SharedCache>().WillChangeAsync(ListPrices.Cached);
        await db.SaveChangesAsync(cancellationToken);
        consistency.WroteAs(scope.ServiceProvider.GetRequiredService<ReadConsistency>());
        return TypedResults.Ok(PriceResponse.From(price));
    }
}
