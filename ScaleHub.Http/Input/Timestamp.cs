using System.Diagnostics.CodeAnalysis;

namespace ScaleHub.Http.Input;

/// <summary>
/// A time in a query, by the rules of a time in a body (<see cref="TimestampConverter"/>): <c>Timestamp? dueBefore</c>. ASP.NET
/// Core's own reading would take a time without an offset, and days in the order of some country.
/// </summary>
/// <param name="Value">The time, in UTC.</param>
public readonly record struct Timestamp(DateTimeOffset Value) : IParsable<Timestamp>
{
    /// <inheritdoc/>
    public static Timestamp Parse(string s, IFormatProvider? provider)
        => TryParse(s, provider, out var result) ? result : throw new FormatException(TimestampConverter.Use);

    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out Timestamp result)
    {
        var found = TimestampConverter.TryParse(s, out var time);
        result = new(time.ToUniversalTime());
        return found;
    }
}
