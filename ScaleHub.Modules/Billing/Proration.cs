namespace ScaleHub.Modules.Billing;

/// <summary>
/// What a part of a month costs. Months are calendar months (UTC), a part counts by its time, and half a minor unit is rounded
/// up: the parts of a month therefore add up to its price, or to one minor unit more or less for each cut.
/// </summary>
public static class Proration
{
    /// <summary>What the time between two moments of one month costs.</summary>
    /// <param name="monthlyMinor">The price of the whole month in minor units, from 0.</param>
    /// <param name="from">The first moment.</param>
    /// <param name="to">The moment after the last: at most the first of the next month.</param>
    /// <returns>Minor units; the whole price for the whole month.</returns>
    public static long Of(long monthlyMinor, DateTimeOffset from, DateTimeOffset to)
    {
        var (start, end) = (StartOfMonth(from), NextMonth(from));
        ArgumentOutOfRangeException.ThrowIfNegative(monthlyMinor);
        ArgumentOutOfRangeException.ThrowIfLessThan(to, from);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(to, end);
        Int128 month = (end - start).Ticks;
        return (long)(((monthlyMinor * (Int128)(to - from).Ticks * 2) + month) / (month * 2));
    }

    /// <summary>The first moment of the month of <paramref name="at"/>, in UTC.</summary>
    public static DateTimeOffset StartOfMonth(DateTimeOffset at)
        => new(at.UtcDateTime.Year, at.UtcDateTime.Month, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>The first moment of the month after that of <paramref name="at"/>, in UTC.</summary>
    public static DateTimeOffset NextMonth(DateTimeOffset at) => StartOfMonth(at).AddMonths(1);
}
