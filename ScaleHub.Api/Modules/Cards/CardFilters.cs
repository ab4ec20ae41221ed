using System.ComponentModel.DataAnnotations;
using ScaleHub.Core.Model.Cards;

namespace ScaleHub.Api.Modules.Cards;

/// <summary>A list's filter by tier: 400 for what is none.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class TierNameAttribute : AllowedValuesAttribute
{
    /// <summary>The tiers by their names, or no filter.</summary>
    public TierNameAttribute() : base(null, "common", "uncommon", "rare", "epic", "legendary")
        => ErrorMessage = "Use common, uncommon, rare, epic or legendary.";

    internal static CardTier Read(string tier) => Enum.Parse<CardTier>(tier, ignoreCase: true);
}

/// <summary>A list's filter by state of shipments: 400 for what is none.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class ShipmentStateNameAttribute : AllowedValuesAttribute
{
    /// <summary>The states by their names, or no filter.</summary>
    public ShipmentStateNameAttribute() : base(null, "requested", "packed", "shipped", "delivered", "cancelled")
        => ErrorMessage = "Use requested, packed, shipped, delivered or cancelled.";

    internal static ShipmentState Read(string state) => Enum.Parse<ShipmentState>(state, ignoreCase: true);
}
