using ScaleHub.Perf.Identity;
using ScaleHub.Testing;

namespace ScaleHub.Perf.Run.Rows;

/// <summary>The lookup of a session, which every request makes.</summary>
internal sealed class SessionLookup : IRow
{
    public string Name => "session";

    public string Goal => "session lookup p95 < 5 ms";

    public async Task<RowResult> RunAsync(Run run)
    {
        var sessions = run.Count(1000, 5000);
        var site = await run.SiteAsync();
        await using var api = await site.StartApiAsync(await site.CreateDatabaseAsync(), 1);
        using var account = await Account.RegisterAsync(api.Addresses[0]);
        var measured = await SessionLookups.MeasureAsync(api, account.CompanyId, account.UserId, sessions);
        return new(
            [.. measured.Select(m => new Figure($"session lookup, found in {m.Where.Replace("in process", "this process")}",
                $"p50 {SessionLookups.At(m.Times, 50):0.000} ms, p95 {SessionLookups.At(m.Times, 95):0.000} ms, p99 {SessionLookups.At(m.Times, 99):0.000} ms", "–",
                SessionLookups.At(m.Times, 95), Target.AtMost(5, "ms")))],
            "sessions that end within a second on every instance",
            $"{sessions:N0} sessions, each looked up one after the other: by a process that has not seen them from PostgreSQL, then again, and by another "
            + "process from Redis. Idle servers: it is the time of the way, not of a queue.");
    }
}
