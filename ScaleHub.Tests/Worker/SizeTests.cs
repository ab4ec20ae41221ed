using System.Globalization;
using System.Text.RegularExpressions;
using ScaleHub.Testing;
using ScaleHub.Worker.Commands;
using ScaleHub.Worker.Sizing;

namespace ScaleHub.Tests.Worker;

/// <summary>What <c>worker size</c> says, and that its page says the same.</summary>
public sealed class SizeTests
{
    [Fact]
    public void More_load_needs_more_of_everything_that_carries_it()
    {
        var (small, large) = (Of(100, 100), Of(10_000, 5000));
        Assert.Equal((2, 1), (small.Instances, small.Standbys));
        Assert.True(large.Instances > small.Instances && large.PrimaryCores > small.PrimaryCores && large.RedisCores > small.RedisCores);
        Assert.Equal(100 * small.RedisBytes, large.RedisBytes);
        Assert.True(large.DiskBytesPerMonth > small.DiskBytesPerMonth);
        Assert.True(small.Fits);
        // Twice as fast a core, half as many.
        Assert.Equal(large.PrimaryCores / 2, Of(10_000, 5000, "--speed", "2").PrimaryCores, 6);
    }

    [Fact]
    public void What_one_primary_one_Redis_or_the_connections_of_one_server_cannot_carry_is_said()
    {
        var (options, _) = SizeOptions.Parse(["--companies", "1000000", "--requests-per-second", "500000"]);
        var size = Size.Of(options!);
        Assert.True(size.IsBeyondOnePrimary && size.IsBeyondOneRedis && !size.Fits);
        var text = SizeCommand.Describe(options!, size);
        Assert.Contains("deploy/citus", text, StringComparison.Ordinal);
        Assert.Contains("Postgres__Pooler=Transaction", text, StringComparison.Ordinal);
        Assert.Contains("hash tag", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--companies is missing.")]
    [InlineData("--requests-per-second is missing.", "--companies", "5")]
    [InlineData("--companies needs a value.", "--companies")]
    [InlineData("There is no option --company.", "--company", "5")]
    [InlineData("The value of --companies is not usable.", "--companies", "0")]
    [InlineData("The value of --companies is not usable.", "--companies", "many")]
    [InlineData("The value of --requests-per-second is not usable.", "--requests-per-second", "0.5")]
    [InlineData("The value of --writes is not usable.", "--writes", "101")]
    [InlineData("The value of --speed is not usable.", "--speed", "NaN")]
    public void What_is_not_usable_is_said_in_a_sentence(string problem, params string[] args)
        => Assert.Equal((null, problem), SizeOptions.Parse(args));

    [Fact]
    public void The_page_has_what_the_command_prints_and_reckons_with()
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "capacity.md")).ReplaceLineEndings("\n");
        var shown = Regex.Matches(page, @"```\n\$ worker size (?<args>[^\n]+)\n(?<text>.*?)```", RegexOptions.Singleline);
        Assert.NotEmpty(shown);
        foreach (Match match in shown)
        {
            var (options, problem) = SizeOptions.Parse(match.Groups["args"].Value.Split(' '));
            Assert.Null(problem);
            Assert.Equal(SizeCommand.Describe(options!, Size.Of(options!)).ReplaceLineEndings("\n"), match.Groups["text"].Value.Trim());
        }
        foreach (var cost in (RequestCost[])[Costs.CachedRead, Costs.Read, Costs.Write])
        {
            Assert.Contains(string.Create(CultureInfo.InvariantCulture,
                $"| {cost.Api:0} | {cost.Primary:0} | {cost.Standby:0} | {cost.Redis:0} |"), page, StringComparison.Ordinal);
        }
    }

    private static Size Of(int companies, int rate, params string[] others)
        => Size.Of(SizeOptions.Parse(["--companies", $"{companies}", "--requests-per-second", $"{rate}", .. others]).Options!);
}
