using ScaleHub.Core.Platform.Metrics;

namespace ScaleHub.Tests.Platform.Metrics;

public sealed class QuantileSketchTests
{
    private static readonly double[] Quantiles = [0, 0.01, 0.5, 0.9, 0.95, 0.99, 0.999, 1];

    [Fact]
    public void Quantiles_of_a_million_values_over_many_sketches_are_within_one_percent_of_the_exact_ones()
    {
        // As response times are: most are short, and the longest takes ten thousand times as long as the shortest.
        var random = new Random(7);
        var values = new TimeSpan[1_000_000];
        for (var i = 0; i < values.Length; i++)
            values[i] = TimeSpan.FromMicroseconds(Math.Min(800e6, Math.Max(2, 5000 * Math.Exp(1.5 * Gauss(random)))));
        var sketches = Enumerable.Range(0, 300).Select(_ => new QuantileSketch()).ToArray();
        foreach (var value in values) sketches[random.Next(sketches.Length)].Add(value);

        var all = new QuantileSketch();
        foreach (var sketch in sketches) all.Add(Stored(sketch));
        Assert.Equal(values.Length, all.Count);
        AssertClose(values, all);
    }

    [Fact]
    public void Values_outside_the_range_count_as_the_nearest_one_inside()
    {
        var sketch = new QuantileSketch();
        sketch.Add(TimeSpan.Zero);
        sketch.Add(TimeSpan.FromHours(3));
        Assert.Equal(2, sketch.Count);
        Assert.InRange(sketch.Quantile(0)!.Value, 0, 0.001);
        Assert.True(sketch.Quantile(1) > TimeSpan.FromMinutes(14).TotalMilliseconds * 0.99);
        var long14 = new QuantileSketch();
        long14.Add(TimeSpan.FromMinutes(14));
        AssertClose([TimeSpan.FromMinutes(14)], long14);
        Assert.Null(new QuantileSketch().Quantile(0.5));
        Assert.Throws<ArgumentOutOfRangeException>(() => sketch.Quantile(1.5));
    }

    [Theory]
    [InlineData("")]
    [InlineData("02")]
    [InlineData("01010100")]
    [InlineData("0101ffffffffffffffffffff7f")]
    public void Figures_that_another_version_has_stored_count_by_their_sums_and_keep_nothing_else_from_being_read(string hex)
    {
        var figures = CompanyFigures.Read(new(10, 2, 3, 5, 4, Convert.FromHexString(hex)));
        Assert.Equal([EndpointId.Unreadable], figures.Endpoints.Keys);
        var sum = figures.Sum();
        Assert.Equal((10, 2, 3, 0), (sum.Requests, sum.Errors, sum.Throttled, sum.Durations.Count));
        Assert.Equal((5, 4), (figures.CacheLookups, figures.CacheHits));
    }

    [Fact]
    public void Figures_of_endpoints_come_back_as_they_were_stored()
    {
        var figures = new CompanyFigures();
        for (var i = 0; i < 1000; i++)
        {
            figures.Add(new RequestSample(Guid.Empty, Guid.Empty, (uint)(i % 7), i % 10 == 0 ? 500 : i % 10 == 1 ? 429 : 200,
                TimeSpan.FromMilliseconds(i), (UInt128)i));
        }
        figures.AddLookups((10, 7));
        var back = CompanyFigures.Read(figures.Store());
        Assert.Equal(figures.Store().Endpoints, back.Store().Endpoints);
        Assert.Equal((1000, 100, 100, 10, 7), (back.Sum().Requests, back.Sum().Errors, back.Sum().Throttled, back.CacheLookups, back.CacheHits));
        // Refused requests take no time, and say nothing of how long the others take.
        Assert.Equal(900, back.Sum().Durations.Count);
        Assert.Equal((TimeSpan.FromMilliseconds(999), (UInt128)999), (back.Sum().Slowest, back.Sum().SlowestTrace));
    }

    internal static void AssertClose(TimeSpan[] values, QuantileSketch sketch)
    {
        Array.Sort(values);
        foreach (var quantile in Quantiles)
        {
            var exact = values[(long)(quantile * (values.Length - 1))].TotalMilliseconds;
            var found = sketch.Quantile(quantile)!.Value;
            Assert.True(Math.Abs(found - exact) <= (QuantileSketch.RelativeError * exact) + 1e-6, $"{quantile}: {found}, exactly {exact}");
        }
    }

    private static QuantileSketch Stored(QuantileSketch sketch)
    {
        var bytes = new List<byte>();
        sketch.Write(bytes);
        var back = new QuantileSketch();
        ReadOnlySpan<byte> span = bytes.ToArray();
        back.Read(ref span);
        return back;
    }

    // Box and Muller.
    private static double Gauss(Random random)
        => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
