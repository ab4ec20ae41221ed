using System.Collections.Concurrent;
using System.Diagnostics;
using ScaleHub.Perf.Run.Load;
using ScaleHub.Perf.Run.Servers;
using ScaleHub.Testing;

namespace ScaleHub.Perf.Run.Rows;

/// <summary>Whether limits are exact while several instances are asked as fast as they can answer.</summary>
internal sealed class LimitsExact : IRow
{
    private const int Instances = 3, OfEach = 16, WindowSeconds = 2, OfUser = 500, OfCompany = 3_000;
    private const string Path = "/api/v1/tasks";

    public string Name => "limits-exact";

    public string Goal => "in any window at most N, and of a steady stream at N at least 0.95 N";

    public async Task<RowResult> RunAsync(Run run)
    {
        var site = await run.SiteAsync();
        // A user's limit has a window that is short enough to see many of them; a company's has 15 minutes.
        var user = await AtFullSpeedAsync(site, run.Seconds(6, 20), OfUser, 1_000_000);
        var inWindow = MostWithin(user.Admitted, TimeSpan.FromSeconds(WindowSeconds));
        var company = await AtFullSpeedAsync(site, run.Seconds(4, 10), 1_000_000, OfCompany);
        var steady = await SteadyAsync(site, run.Seconds(10, 40));
        return new(
            [
                new($"most admitted of {OfUser} in any {WindowSeconds} s", $"{inWindow} admitted", $"{user.Refused:N0} refused", (double)inWindow / OfUser,
                    Target.AtMost(1, "×")),
                new($"admitted of a company's {OfCompany:N0}", $"{company.Admitted.Count:N0} admitted", $"{company.Refused:N0} refused",
                    (double)company.Admitted.Count / OfCompany, Target.AtMost(1, "×")),
                new($"admitted of a steady stream at the limit", $"{steady:P1} of {OfUser / WindowSeconds}/s", "–", steady, Target.AtLeast(0.95)),
            ],
            "token, session, tenant, the limits of company and user",
            $"One user at {Instances} instances at once, with {Instances * OfEach} connections that ask again as soon as they are answered. First the user may make "
            + $"{OfUser} requests in {WindowSeconds} s: of all windows of that length, the one with the most admitted requests is looked for (a request counts when it "
            + "was sent and answered within the window, so that the clock of the client proves it). Then the company may make "
            + $"{OfCompany:N0} in 15 minutes. Then a stream comes at exactly the user's limit, evenly, over the three.");
    }

    private static async Task<Outcome> AtFullSpeedAsync(Site site, TimeSpan time, int ofUser, int ofCompany)
    {
        await using var stage = await Stage.StartAsync(site, ofUser, ofCompany);
        var (admitted, refused, clock) = (new ConcurrentBag<(long Sent, long Answered)>(), 0, Stopwatch.StartNew());
        await Task.WhenAll(stage.Connections.Select(connection => Task.Run(async () =>
        {
            while (clock.Elapsed < time)
            {
                var sent = Stopwatch.GetTimestamp();
                var status = await connection.AskAsync(stage.Request);
                if (status == 200) admitted.Add((sent, Stopwatch.GetTimestamp()));
                else if (status == 429) Interlocked.Increment(ref refused);
                else throw new RowException($"The API answered {status}.");
            }
        })));
        return new([.. admitted.OrderBy(a => a.Sent)], refused);
    }

    private static async Task<double> SteadyAsync(Site site, TimeSpan time)
    {
        await using var stage = await Stage.StartAsync(site, OfUser, 1_000_000);
        var result = await OpenLoop.RunAsync(stage.Connections, (double)OfUser / WindowSeconds, time, () => stage.Request);
        if (result.Errors.Keys.FirstOrDefault(status => status != 429, 429) is var status and not 429)
            throw new RowException($"The API answered {status}.");
        return (double)result.Times.TotalCount / result.Due;
    }

    private static int MostWithin(IReadOnlyList<(long Sent, long Answered)> admitted, TimeSpan window)
    {
        var (length, most) = ((long)(window.TotalSeconds * Stopwatch.Frequency), 0);
        for (var i = 0; i < admitted.Count; i++)
        {
            var (end, within) = (admitted[i].Sent + length, 0);
            for (var j = i; j < admitted.Count && admitted[j].Sent <= end; j++)
                if (admitted[j].Answered <= end) within++;
            most = Math.Max(most, within);
        }
        return most;
    }

    private sealed record Outcome(IReadOnlyList<(long Sent, long Answered)> Admitted, int Refused);

    /// <summary>Instances with one company, and connections to all of them.</summary>
    private sealed class Stage(ApiProcesses api, Account account) : IAsyncDisposable
    {
        public List<HttpConnection> Connections { get; } = [];

        public ReadOnlyMemory<byte> Request { get; } = HttpConnection.Get(api.Addresses[0], Path, account.AccessToken);

        public static async Task<Stage> StartAsync(Site site, int ofUser, int ofCompany)
        {
            var database = await site.CreateDatabaseAsync();
            await PostgresServer.ExecuteAsync(database.Owner, $"update plans set requests_per_15_minutes = {ofCompany}");
            var api = await site.StartApiAsync(database, Instances, ("RateLimits__Scale", "1"),
                ("RateLimits__Policies__user__Limit", $"{ofUser}"), ("RateLimits__Policies__user__WindowSeconds", $"{WindowSeconds}"));
            var stage = new Stage(api, await Account.RegisterAsync(api.Addresses[0]));
            foreach (var address in api.Addresses)
            {
                for (var i = 0; i < OfEach; i++) stage.Connections.Add(await HttpConnection.OpenAsync(address));
            }
            return stage;
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var connection in Connections) connection.Dispose();
            account.Dispose();
            await api.DisposeAsync();
        }
    }
}
