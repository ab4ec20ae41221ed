using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using ScaleHub.Core.Platform.Caching;
using ScaleHub.Core.Platform.Metrics;
using ScaleHub.Modules.Metrics.Alerts;
using ScaleHub.Testing;

namespace ScaleHub.Tests.Support;

/// <summary>
/// The requests that companies made in the last hour, as an instance counts them and with the alerts that follow from them: one
/// company has been slow for a quarter of an hour, and another one had errors for some minutes before. A clock of its own goes
/// through that hour.
/// </summary>
internal sealed class Traffic : IAsyncDisposable
{
    public const string SlowEndpoint = "GET /api/v1/exams";

    private static readonly TimeSpan Step = TimeSpan.FromSeconds(30);

    private static readonly (string Endpoint, double Share, double Ms)[] Endpoints =
    [
        ("GET /api/v1/patients", 0.34, 12), (SlowEndpoint, 0.26, 18), ("GET /api/v1/orders/{id:guid}", 0.18, 9),
        ("POST /api/v1/orders", 0.12, 34), ("PATCH /api/v1/patients/{id:guid}", 0.06, 28), ("POST /api/v1/exams", 0.04, 41),
    ];

    private readonly Random _random = new(5);
    private readonly SemaphoreSlim _turn = new(1);
    private readonly DateTimeOffset _start = DateTimeOffset.UtcNow.AddMinutes(-60);
    private readonly SetTime _time;
    private readonly PlatformHost _host;
    private readonly RequestMetrics _metrics;
    private readonly AlertLoop _loop;
    private readonly IReadOnlyList<Guid> _companies;

    private Traffic(PlatformHost host, SetTime time, IReadOnlyList<Guid> companies)
    {
        (_host, _time, _companies) = (host, time, companies);
        _time.Now = _start;
        _metrics = NewInstance();
        _loop = ActivatorUtilities.CreateInstance<AlertLoop>(host.Services);
    }

    private RequestMetrics NewInstance() => new(
        _host.Services.GetRequiredService<MetricsStore>(), _host.Services.GetRequiredService<CacheCounts>(), new InstanceName("traffic"),
        _time, _host.Services.GetRequiredService<IMeterFactory>(), NullLogger<RequestMetrics>.Instance);

    /// <summary>Begins; the first of the companies is the slow one, the second had errors.</summary>
    public static async Task<Traffic> StartAsync(TestDatabase database, IReadOnlyList<Guid> companies)
    {
        var time = new SetTime(DateTimeOffset.UtcNow);
        var host = await PlatformHost.StartAsync(database,
            builder => builder.Services.AddSingleton<CacheCounts>().AddSingleton<TimeProvider>(time),
            // A machine that is busy with tests is no problem of the platform.
            ("Alerts:MailTo", "on-call@platform.example"), ("Alerts:CpuPercent", "100"), ("Alerts:MemoryPercent", "100"));
        return new(host, time, companies);
    }

    /// <summary>Lets the requests up to now happen.</summary>
    public async Task CatchUpAsync()
    {
        await _turn.WaitAsync();
        try
        {
            for (; _time.Now <= DateTimeOffset.UtcNow; _time.Now += Step)
            {
                for (var i = 0; i < _companies.Count; i++) Request(i);
                await _metrics.FlushAsync(CancellationToken.None);
                await _loop.LookAsync(CancellationToken.None);
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Further requests of a company in the last minute that is over: charts leave out the one that is not.</summary>
    public async Task AddAsync(Guid company, int requests)
    {
        await _turn.WaitAsync();
        var now = _time.Now;
        try
        {
            // Of another instance: one whose clock is set back goes on in the minute that it was in.
            using var another = NewInstance();
            _time.Now = DateTimeOffset.UtcNow.AddMinutes(-1);
            for (var i = 0; i < requests; i++)
                another.Record(new(company, Guid.Empty, EndpointId.Of(SlowEndpoint), 200, TimeSpan.FromMilliseconds(20)));
            await another.FlushAsync(CancellationToken.None);
        }
        finally
        {
            _time.Now = now;
            _turn.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        _loop.Dispose();
        _metrics.Dispose();
        _turn.Dispose();
        await _host.DisposeAsync();
    }

    private void Request(int company)
    {
        var (id, cache) = (_companies[company], _host.Services.GetRequiredService<CacheCounts>());
        var passed = (_time.Now - _start).TotalMinutes;
        var (isSlow, fails) = (company == 0 && passed > 45, company == 1 && passed is > 18 and < 25);
        var usual = company == 0 ? 28 : 20 + (4 * company);
        var count = (int)(usual * (1 + (0.25 * Math.Sin((passed / 9) + company)) + (0.15 * _random.NextDouble())));
        for (var i = 0; i < count; i++)
        {
            var (endpoint, ms) = Choose();
            var took = isSlow && endpoint == SlowEndpoint ? 700 + (40 * (passed - 45)) + (600 * _random.NextDouble())
                : ms * Math.Exp(0.9 * ((2 * _random.NextDouble()) - 0.8));
            var status = fails && _random.Next(4) == 0 ? 503 : company == 2 && _random.Next(40) == 0 ? 429 : 200;
            var user = UserOf(id, _random.Next(3 + company));
            _metrics.Record(new(
                id, user, EndpointId.Of(endpoint), status, TimeSpan.FromMilliseconds(took), (UInt128)_random.NextInt64(1, long.MaxValue)));
            cache.Count(cache.Of(id), _random.NextDouble() < 0.8 + (0.02 * company) ? CacheOutcome.Hit : CacheOutcome.Miss);
        }
    }

    private (string Endpoint, double Ms) Choose()
    {
        var at = _random.NextDouble();
        foreach (var (endpoint, share, ms) in Endpoints)
            if ((at -= share) < 0) return (endpoint, ms);
        return (SlowEndpoint, 18);
    }

    private static Guid UserOf(Guid company, int number)
    {
        var bytes = company.ToByteArray();
        bytes[^1] = (byte)number;
        return new(bytes);
    }
}
