using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Linq.Expressions;
using Microsoft.AspNetCore.Http.HttpResults;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http.Paging;

namespace ScaleHub.Modules.Billing;

/// <summary>A charge as the company sees it.</summary>
/// <param name="Id">UUIDv7.</param>
/// <param name="UserId">Who used it.</param>
/// <param name="PriceCode">What costs it.</param>
/// <param name="SubjectId">What was used: a pack, a mail item.</param>
/// <param name="Quantity">How many.</param>
/// <param name="UnitPriceMinor">The price when it was used, in minor units.</param>
/// <param name="AmountMinor">Quantity times price.</param>
/// <param name="Currency">ISO 4217.</param>
/// <param name="InvoiceId">The invoice that it is in; null until there is one.</param>
/// <param name="CreatedAt">When it was used.</param>
public sealed record ChargeResponse(
    Guid Id, Guid UserId, string PriceCode, Guid? SubjectId, long Quantity, long UnitPriceMinor, long AmountMinor,
    string Currency,
    Guid? InvoiceId, DateTimeOffset CreatedAt)
{
    internal static readonly Expression<Func<UsageCharge, ChargeResponse>> Projection = c => new(
        c.Id, c.UserId, c.PriceCode, c.SubjectId, c.Quantity, c.UnitPriceMinor, c.AmountMinor, c.Currency,
        c.InvoiceId, c.CreatedAt);
}

/// <summary><c>GET /api/v1/billing/charges?month=&amp;limit=&amp;cursor=</c>: what was used and costs money, newest
/// first.</summary>
public static class ListCharges
{
    /// <summary>Lists the company's charges, newest first.</summary>
    // Served by the primary key: identifiers begin with their time. Not cached: who pays looks a few times a month.
    public static async Task<Results<Ok<PagedList<ChargeResponse>>, ValidationProblem>> HandleAsync(
        [Description("Only charges of this month (UTC): 2026-11."), StringLength(7)] string? month,
        [AsParameters] PageQuery page, ReadDb db, CancellationToken cancellationToken)
    {
        var charges = db.UsageCharges;
        if (month is not null)
        {
            if (!DateTime.TryParseExact(month, "yyyy-MM", CultureInfo.InvariantCulture, DateTimeStyles.None, out var first)
                || first.Year is < 2000 or > 9998)
                return TypedResults.ValidationProblem(
                    new Dictionary<string, string[]> { ["month"] = ["Use a month like 2026-11."] });
            var start = new DateTimeOffset(first, TimeSpan.Zero);
            var (floor, end) = (OrderedIds.Floor(start), OrderedIds.Floor(start.AddMonths(1)));
            charges = charges.Where(c => c.Id >= floor && c.Id < end);
        }
        return TypedResults.Ok(await page.NewestFirstAsync(charges, c => c.Id, ChargeResponse.Projection, cancellationToken));
    }
}
