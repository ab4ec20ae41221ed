namespace ScaleHub.Modules.Cards;

/// <summary>How rare a card is; from <see cref="Rare"/> on it may be shown in the public feed.</summary>
public enum CardTier
{
    /// <summary>Most cards.</summary>
    Common,

    /// <summary>A quarter.</summary>
    Uncommon,

    /// <summary>One of nine.</summary>
    Rare,

    /// <summary>One of thirty.</summary>
    Epic,

    /// <summary>One of a hundred and sixty-seven.</summary>
    Legendary,
}
