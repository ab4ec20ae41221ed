using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Platform;

public sealed class UnbrokenDayTests
{
    [Fact]
    public async Task A_test_runs_again_only_if_it_failed_and_midnight_passed_while_it_ran()
    {
        Assert.Equal((2, false), await RunAsync(midnight: true, failures: 1));
        Assert.Equal((2, true), await RunAsync(midnight: true, failures: 2));
        Assert.Equal((1, true), await RunAsync(midnight: false, failures: 1));
        Assert.Equal((1, false), await RunAsync(midnight: true, failures: 0));
    }

    private static async Task<(int Runs, bool Failed)> RunAsync(bool midnight, int failures)
    {
        var (clock, runs) = (new Clock(), 0);
        var failure = await Record.ExceptionAsync(() => UnbrokenDay.RunAsync(
            () =>
            {
                if (midnight && runs == 0) clock.Now = clock.Now.AddSeconds(2);
                return ++runs <= failures ? throw new InvalidOperationException("failed") : Task.CompletedTask;
            },
            clock));
        return (runs, failure is not null);
    }

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2027, 12, 31, 23, 59, 59, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
