using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http;
using ScaleHub.Http.Errors;
using ScaleHub.Http.Input;

namespace ScaleHub.Modules.Cards;

/// <summary>Body of <c>POST /api/v1/cards/shipments</c>.</summary>
/// <param name="CardIds">1 to 20 of the caller's cards, each once.</param>
/// <param name="Recipient">1 to 200 characters.</param>
/// <param name="Line1">Street and number, 1 to 200 characters.</param>
/// <param name="City">1 to 100 characters.</param>
/// <param name="PostalCode">1 to 20 characters.</param>
/// <param name="Country">ISO 3166-1 alpha-2, in capitals.</param>
/// <param name="Line2">More of the address, 1 to 200 characters.</param>
[BodyExample("""
    {
      "cardIds": ["01a217e1-0704-759f-b784-0d15b44e9000"], "recipient": "Ada Example", "line1": "1 High Street",
      "city": "Bath", "postalCode": "BA1 1AA", "country": "GB"
    }
    """)]
public sealed record RequestShipmentRequest(
    [property: Required, MinLength(1), MaxLength(20)] IReadOnlyList<Guid> CardIds,
    [property: Required, Text(200, 1)] string Recipient,
    [property: Required, Text(200, 1)] string Line1,
    [property: Required, Text(100, 1)] string City,
    [property: Required, Text(20, 1)] string PostalCode,
    [property: Required, Country] string Country,
    [property: Text(200, 1)] string? Line2 = null) : IValidatableObject
{
    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (CardIds.Distinct().Count() < CardIds.Count) yield return new("cardIds must not contain duplicates.", [nameof(CardIds)]);
    }
}

/// <summary><c>POST /api/v1/cards/shipments</c>: the caller wants cards sent.</summary>
public static class RequestShipment
{
    /// <summary>Asks for cards to be sent; all of them, or none.</summary>
    /// <remarks>A card that is in another shipment already is 409, unless that one was cancelled.</remarks>
    public static async Task<Results<Created<ShipmentResponse>, ProblemHttpResult, ValidationProblem>> HandleAsync(
        RequestShipmentRequest request, ScaleHubDb db, Tenant tenant, TimeProvider time, CancellationToken cancellationToken)
    {
        var now = time.GetDatabaseNow();
        var ids = request.CardIds.ToArray();
        // Locked, and in the order of their ids: of two who want the same card one waits, and then sees that it is taken.
        var cards = await db.Cards.FromSql($"""
            select * from user_cards where user_id = {tenant.RequiredUserId} and id = any({ids}) order by id for update
            """).ToDictionaryAsync(c => c.Id, cancellationToken);
        for (var i = 0; i < ids.Length; i++)
            if (!cards.ContainsKey(ids[i]))
                return TypedResults.ValidationProblem(
                    new Dictionary<string, string[]> { [$"cardIds[{i}]"] = ["You have no such card."] });
        var taken = await db.ShipmentCards.Where(c => ids.Contains(c.CardId)).OrderBy(c => c.CardId).Select(c => c.CardId)
            .ToListAsync(cancellationToken);
        if (taken.Count > 0)
            return Problems.Conflict("cardIds", $"{taken.Count} of these cards are in another shipment already.", ("cardIds", taken));

        var id = Guid.CreateVersion7(now);
        var shipment = new Shipment
        {
            CompanyId = tenant.RequiredCompanyId,
            Id = id,
            UserId = tenant.RequiredUserId,
            Recipient = request.Recipient,
            Line1 = request.Line1,
            Line2 = request.Line2,
            City = request.City,
            PostalCode = request.PostalCode,
            Country = request.Country,
            CreatedAt = now,
            UpdatedAt = now,
            Cards = [.. ids.Select(cardId => new ShipmentCard
            {
                CompanyId = tenant.RequiredCompanyId,
                ShippingRequestId = id,
                CardId = cardId,
                UserCard = cards[cardId],
            })],
        };
        db.Shipments.Add(shipment);
        await db.SaveChangesAsync(cancellationToken);
        return TypedResults.Created($"/api/v1/cards/shipments/{id}", ShipmentResponse.From(shipment));
    }
}
