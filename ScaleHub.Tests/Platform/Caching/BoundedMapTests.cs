using ScaleHub.Core.Platform.Caching;

namespace ScaleHub.Tests.Platform.Caching;

public sealed class BoundedMapTests
{
    [Fact]
    public void The_youngest_half_is_always_there_and_nothing_beyond_the_capacity()
    {
        var map = new BoundedMap<int, int>(100);
        for (var i = 0; i < 1000; i++)
        {
            map.Set(i, i);
            for (var young = Math.Max(0, i - 49); young <= i; young++) Assert.True(map.TryGet(young, out _));
            Assert.InRange(Enumerable.Range(0, 1000).Count(k => map.TryGet(k, out _)), 1, 100);
        }
    }

    [Fact]
    public void What_was_removed_is_gone_from_both_halves()
    {
        var map = new BoundedMap<int, int>(4);
        foreach (var value in (int[])[1, 2, 3])
        {
            map.Set(7, value);
            map.Set(value, value);
        }
        map.Remove(7);
        Assert.False(map.TryGet(7, out _));
    }
}
