using System.Diagnostics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Redis;
using ScaleHub.Modules;
using ScaleHub.Modules.Identity.Authentication;
using ScaleHub.Testing;

namespace ScaleHub.Perf.Identity;

/// <summary>How long the lookup of a session takes, by where it is found.</summary>
internal static class SessionLookups
{
    /// <summary>Makes sessions of a user, and looks each up once from PostgreSQL, from this process and from Redis: milliseconds.</summary>
    public static async Task<IReadOnlyList<(string Where, List<double> Times)>> MeasureAsync(ApiInstances api, Guid company, Guid user, int sessions)
    {
        await api.ExecuteAsync($"""
            insert into sessions (company_id, id, user_id, refresh_token_hash, expires_at)
            select '{company}', gen_random_uuid(), '{user}', sha256(gen_random_uuid()::text::bytea), now() + interval '1 hour'
            from generate_series(1, {sessions})
            """);
        List<Guid> ids = [.. (await api.QueryAsync($"select id::text from sessions where user_id = '{user}' limit {sessions}")).Select(Guid.Parse)];
        List<(string, List<double>)> measured = [];
        using (var first = await StartAsync(api, company))
        {
            measured.Add(("PostgreSQL", await LookUpAsync(first, company, ids)));
            measured.Add(("in process", await LookUpAsync(first, company, ids)));
        }
        using (var second = await StartAsync(api, company)) measured.Add(("Redis", await LookUpAsync(second, company, ids)));
        return measured;
    }

    /// <summary>A percentile.</summary>
    public static double At(IReadOnlyCollection<double> values, int percentile)
        => values.Order().ElementAt(Math.Min(values.Count - 1, values.Count * percentile / 100));

    private static async Task<IHost> StartAsync(ApiInstances api, Guid company)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Configuration.AddInMemoryCollection(
        [
            new("ConnectionStrings:scalehub", api.Database.App.Replace("Pooling=false", "Pooling=true", StringComparison.Ordinal)),
            new("ConnectionStrings:redis", api.Redis.ConnectionString),
            new("ScaleHub:Secret", PostgresServer.Secret),
        ]);
        builder.Services.AddMetrics();
        builder.Services.AddLogging();
        builder.AddPlatform();
        builder.AddModules();
        var host = builder.Build();
        await host.StartAsync();
        while (!host.Services.GetRequiredService<Broadcast>().IsLive) await Task.Delay(20);
        // Compiles everything, with sessions that do not exist.
        for (var i = 0; i < 300; i++) await host.Services.GetRequiredService<LiveSessions>().FindAsync(company, Guid.NewGuid(), default);
        return host;
    }

    private static async Task<List<double>> LookUpAsync(IHost host, Guid company, List<Guid> ids)
    {
        var sessions = host.Services.GetRequiredService<LiveSessions>();
        var took = new List<double>(ids.Count);
        foreach (var id in ids)
        {
            var clock = Stopwatch.GetTimestamp();
            if (await sessions.FindAsync(company, id, default) is null) throw new InvalidOperationException("A session is missing.");
            took.Add(Stopwatch.GetElapsedTime(clock).TotalMilliseconds);
        }
        return took;
    }
}
