using System.Globalization;
using Spectre.Console;

namespace ScaleHub.Worker.Seeding;

/// <summary>How far a seed is: a bar on a terminal; where output goes to a file or a pipe, a line for every tenth.</summary>
internal static class SeedProgress
{
    public static Task<T> ShowAsync<T>(long total, Func<Action<long>, Task<T>> work)
        => Console.IsOutputRedirected || total == 0 ? LinesAsync(total, work) : BarAsync(total, work);

    private static Task<T> BarAsync<T>(long total, Func<Action<long>, Task<T>> work)
        => AnsiConsole.Progress()
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn(),
                new RemainingTimeColumn())
            .StartAsync(async context =>
            {
                var bar = context.AddTask(string.Create(CultureInfo.InvariantCulture, $"{total:N0} tasks"), maxValue: total);
                return await work(done => bar.Increment(done));
            });

    private static Task<T> LinesAsync<T>(long total, Func<Action<long>, Task<T>> work)
    {
        long seen = 0;
        return work(done =>
        {
            var now = Interlocked.Add(ref seen, done);
            if (total > 0 && now * 10 / total > (now - done) * 10 / total)
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{now:N0} of {total:N0} tasks"));
        });
    }
}
