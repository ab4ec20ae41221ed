using ScaleHub.Modules.Billing;

namespace ScaleHub.Tests.Modules.Billing;

/// <summary>What a part of a month costs.</summary>
public sealed class ProrationTests
{
    private static readonly DateTimeOffset February = new(2028, 2, 1, 0, 0, 0, TimeSpan.Zero), March = February.AddMonths(1);

    [Theory]
    [InlineData(2900, 0, 29, 2900)]
    [InlineData(2900, 0, 1, 100)]
    [InlineData(2900, 14.5, 29, 1450)]
    [InlineData(1, 14.5, 29, 1)]
    [InlineData(1, 14.6, 29, 0)]
    [InlineData(0, 0, 29, 0)]
    [InlineData(1_000_000_000_000, 0, 29, 1_000_000_000_000)]
    public void Days_cost_their_part_and_a_half_is_rounded_up(long price, double from, double to, long expected)
        => Assert.Equal(expected, Proration.Of(price, February.AddDays(from), February.AddDays(to)));

    [Fact]
    public void Two_parts_of_a_month_cost_what_the_month_does_to_the_minor_unit()
    {
        var dice = new Random(5);
        for (var i = 0; i < 1000; i++)
        {
            var (price, cut) = (dice.NextInt64(1_000_000), February.AddTicks(dice.NextInt64((March - February).Ticks)));
            Assert.InRange(Proration.Of(price, February, cut) + Proration.Of(price, cut, March) - price, 0, 1);
        }
    }

    [Fact]
    public void A_part_that_reaches_into_another_month_or_backwards_is_none()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Proration.Of(100, February, March.AddTicks(1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => Proration.Of(100, March, February));
        // In UTC, whatever the offset.
        Assert.Equal(100, Proration.Of(100, February.ToOffset(TimeSpan.FromHours(-5)), March.ToOffset(TimeSpan.FromHours(9))));
    }
}
