using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using ScaleHub.Core.Platform.Caching;
using ScaleHub.Core.Platform.Metrics;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Modules.Metrics;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Platform.Metrics;

[Collection(PostgresTests.Name)]
public sealed class RequestMetricsTests(PostgresServer server) : IAsyncLifetime
{
    private static readonly Guid Company = Guid.CreateVersion7(), Other = Guid.CreateVersion7();

    // The Monday of the week before: its minutes are still kept, and the week is over.
    private readonly DateTimeOffset _monday = MetricStep.Week.StartOf(DateTimeOffset.UtcNow.AddDays(-7));
    private readonly List<RequestMetrics> _instances = [];
    private TestDatabase _database = null!;
    private PlatformHost _host = null!;
    private SetTime _time = null!;

    public async Task InitializeAsync()
    {
        _time = new(_monday);
        _database = await server.CreateDatabaseAsync();
        await PostgresServer.ExecuteAsync(_database.Owner,
            $"insert into companies (id, name) values ('{Company}', 'mine'), ('{Other}', 'theirs')");
        _host = await PlatformHost.StartAsync(_database, builder => builder.Services.AddSingleton<CacheCounts>().AddSingleton<InstanceName>());
        for (var i = 0; i < 3; i++)
        {
            _instances.Add(new(_host.Services.GetRequiredService<MetricsStore>(), _host.Services.GetRequiredService<CacheCounts>(),
                ActivatorUtilities.CreateInstance<InstanceName>(_host.Services), _time,
                _host.Services.GetRequiredService<IMeterFactory>(), NullLogger<RequestMetrics>.Instance));
        }
    }

    public async Task DisposeAsync()
    {
        foreach (var instance in _instances) instance.Dispose();
        await _host.DisposeAsync();
    }

    [Fact]
    public async Task Percentiles_of_a_million_requests_to_three_instances_in_a_week_are_within_one_percent_of_the_exact_ones()
    {
        var random = new Random(11);
        var values = new TimeSpan[1_000_000];
        var (minutes, next) = (84, 0);
        for (var minute = 0; minute < minutes; minute++)
        {
            // Twelve minutes of each day, some of them in the same hour.
            _time.Now = _monday.AddDays(minute / 12).AddMinutes(minute % 12 * 37).AddSeconds(5);
            foreach (var instance in _instances)
            {
                for (var end = (int)((long)values.Length * ((minute * 3) + _instances.IndexOf(instance) + 1) / (minutes * 3)); next < end; next++)
                {
                    // Slower by the day, so that a day that is left out, or counted twice, is seen.
                    values[next] = TimeSpan.FromMicroseconds((1 + (minute / 12)) * 900 * Math.Exp(2 * random.NextDouble()));
                    instance.Record(new(next % 4 == 0 ? Other : Company, Guid.Empty, 1, 200, values[next]));
                }
                await instance.FlushAsync(CancellationToken.None);
            }
        }
        _time.Now = _monday.AddDays(7).AddMinutes(5);
        var before = await ReadAsync(RequestMetrics.Everybody, MetricStep.Week);
        await RollUpAsync();

        QuantileSketchTests.AssertClose([.. values], before);
        foreach (var step in Enum.GetValues<MetricStep>())
        {
            var all = await ReadAsync(RequestMetrics.Everybody, step);
            Assert.Equal(values.Length, all.Count);
            QuantileSketchTests.AssertClose([.. values], all);
        }
        QuantileSketchTests.AssertClose([.. values.Where((_, i) => i % 4 == 0)], await ReadAsync(Other, MetricStep.Week));
    }

    [Fact]
    public async Task Rolling_up_again_changes_nothing_and_takes_in_what_came_late()
    {
        Request(Company, at: _monday.AddMinutes(10));
        await _instances[0].FlushAsync(CancellationToken.None);
        _time.Now = _monday.AddHours(1).AddMinutes(4);
        await RollUpAsync();
        await RollUpAsync();
        Assert.Equal(["hour|1"], await RollupsAsync());

        // The database did not take the last minute of the hour in time.
        var now = _time.Now;
        Request(Company, at: _monday.AddMinutes(59));
        await _instances[0].FlushAsync(CancellationToken.None);
        _time.Now = now.AddHours(1);
        await RollUpAsync();
        Assert.Equal(["hour|2"], await RollupsAsync());
        Assert.Equal(2, (await ReadAsync(Company, MetricStep.Hour)).Count);

        // No worker for the rest of the week.
        Request(Company, at: _monday.AddDays(6));
        await _instances[0].FlushAsync(CancellationToken.None);
        _time.Now = _monday.AddDays(7).AddHours(1);
        await RollUpAsync();
        Assert.Equal(["day|1", "day|2", "hour|1", "hour|2", "week|3"], await RollupsAsync());
    }

    [Fact]
    public async Task Days_and_weeks_are_those_of_UTC_wherever_the_server_is()
    {
        // The day on which a German clock goes forward.
        await PostgresServer.ExecuteAsync(_database.Owner, """
            do $$ begin execute format('alter database %I set timezone = %L', current_database(), 'Europe/Berlin'); end $$;
            insert into request_metrics_rollups (company_id, step, starts_at, requests, errors, throttled, endpoints)
            values ('00000000-0000-0000-0000-000000000000', 'day', '2026-03-29 00:00Z', 0, 0, 0, '\x0100')
            """);
        Assert.Equal(["2026-03-30 00:00"], await QueryAsync(
            "select to_char(metrics_rolled_up_to('day') at time zone 'utc', 'YYYY-MM-DD HH24:MI')"));
    }

    [Fact]
    public async Task What_is_written_takes_no_memory_any_more_when_its_minute_is_over()
    {
        for (var minute = 0; minute < 5; minute++)
        {
            Request(Company, at: _monday.AddMinutes(minute));
            await _instances[0].FlushAsync(CancellationToken.None);
        }
        // The present minute, of the company and of everybody.
        Assert.Equal(2, _instances[0].Rows);
        _time.Now = _monday.AddMinutes(6);
        await _instances[0].FlushAsync(CancellationToken.None);
        Assert.Equal(0, _instances[0].Rows);
    }

    [Fact]
    public async Task A_clock_that_is_set_back_loses_nothing_that_was_written()
    {
        foreach (var minute in (int[])[1, 2, 1])
        {
            Request(Company, at: _monday.AddMinutes(minute));
            await _instances[0].FlushAsync(CancellationToken.None);
        }
        Assert.Equal(["3"], await QueryAsync($"select sum(requests)::text from request_metrics where company_id = '{Company}'"));
    }

    [Fact]
    public async Task Instances_that_write_the_same_users_at_once_do_not_hinder_each_other()
    {
        var users = Enumerable.Range(0, 500).Select(_ => Guid.CreateVersion7()).ToList();
        for (var round = 0; round < 10; round++)
        {
            _time.Now = _monday.AddMinutes(2 * round);
            foreach (var instance in _instances)
            {
                // Each met them in another order.
                foreach (var user in users.OrderBy(_ => Random.Shared.Next()))
                    instance.Record(new(Company, user, 1, 200, TimeSpan.FromMilliseconds(1)));
            }
            await Task.WhenAll(_instances.Select(i => i.FlushAsync(CancellationToken.None)));
        }
        Assert.Equal(["500"], await QueryAsync("select count(*)::text from user_activity"));
    }

    [Fact]
    public async Task A_company_that_was_erased_is_not_rolled_up()
    {
        Request(Company, at: _monday.AddMinutes(10));
        Request(Other, at: _monday.AddMinutes(10));
        await _instances[0].FlushAsync(CancellationToken.None);
        await PostgresServer.ExecuteAsync(_database.Owner, $"delete from companies where id = '{Other}'");
        _time.Now = _monday.AddHours(1).AddMinutes(4);
        await RollUpAsync();
        Assert.Equal(new[] { RequestMetrics.Everybody, Company }.Select(id => $"{id}"),
            await QueryAsync("select company_id::text from request_metrics_rollups order by 1"));
    }

    [Fact]
    public async Task An_instance_that_starts_again_within_a_minute_does_not_write_over_what_it_wrote_before()
    {
        foreach (var instance in _instances)
        {
            instance.Record(new(Company, Guid.Empty, 1, 200, TimeSpan.FromMilliseconds(1)));
            // Twice: the row is written anew, not added to.
            await instance.FlushAsync(CancellationToken.None);
            instance.Record(new(Company, Guid.Empty, 1, 503, TimeSpan.FromMilliseconds(1)));
            await instance.FlushAsync(CancellationToken.None);
        }
        Assert.Equal(["6|3|0"], await QueryAsync(
            $"select sum(requests) || '|' || sum(errors) || '|' || sum(throttled) from request_metrics where company_id = '{Company}'"));
    }

    [Fact]
    public async Task While_the_database_cannot_be_written_to_minutes_are_kept_for_a_quarter_of_an_hour()
    {
        await PostgresServer.ExecuteAsync(_database.Owner, "revoke insert, update on request_metrics from scalehub_app");
        for (var minute = 0; minute < 20; minute++)
        {
            Request(Company, at: _monday.AddMinutes(minute));
            await Assert.ThrowsAnyAsync<Exception>(() => _instances[0].FlushAsync(CancellationToken.None));
        }
        await PostgresServer.ExecuteAsync(_database.Owner, "grant insert, update on request_metrics to scalehub_app");
        await _instances[0].FlushAsync(CancellationToken.None);
        // From 4 to 19: the first four were too old by then.
        Assert.Equal(["16|4"], await QueryAsync(
            $"select count(*) || '|' || extract(minute from min(minute) at time zone 'utc') from request_metrics where company_id = '{Company}'"));
    }

    [Fact]
    public void Counting_a_request_allocates_nothing_on_its_way()
    {
        var sample = new RequestSample(Company, Guid.CreateVersion7(), 1, 200, TimeSpan.FromMilliseconds(3));
        // The queue has its full length once.
        for (var i = 0; i < RequestMetrics.Queue; i++) _instances[0].Record(sample);
        _instances[0].AddUp();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < RequestMetrics.Queue; i++) _instances[0].Record(sample);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public async Task Whoever_made_a_request_is_active_once_and_of_one_company()
    {
        var user = Guid.CreateVersion7();
        foreach (var instance in _instances)
        {
            instance.Record(new(Company, user, 1, 200, TimeSpan.FromMilliseconds(1)));
            instance.Record(new(Company, Guid.Empty, 1, 200, TimeSpan.FromMilliseconds(1)));
            await instance.FlushAsync(CancellationToken.None);
        }
        Assert.Equal([$"{Company}|{user}"], await QueryAsync("select company_id || '|' || user_id from user_activity"));
    }

    [Fact]
    public async Task A_hundred_thousand_companies_in_a_minute_fit_into_little_memory_and_the_sum_has_those_beyond_the_bound()
    {
        const int Companies = 100_000;
        using var dropped = new Measurements(_host.Services, "ScaleHub.Metrics");
        // Other tests of the process take memory at the same time, so the least of what several instances take is the nearest.
        var bytes = _instances.AsEnumerable().Reverse().Min(instance =>
        {
            var before = GC.GetTotalMemory(forceFullCollection: true);
            RequestsOf(Companies, instance);
            return (GC.GetTotalMemory(forceFullCollection: true) - before) / Companies;
        });
        Assert.True(bytes < 1000, $"{bytes} bytes for each company");
        // Half as many again as there is place for.
        RequestsOf(2 * Companies, _instances[0]);
        await _instances[0].FlushAsync(CancellationToken.None);
        Assert.Equal([$"{RequestMetrics.MostRows}|{3 * Companies}"], await QueryAsync($"""
            select (select count(*) from request_metrics) || '|'
                || (select sum(requests) from request_metrics where company_id = '{RequestMetrics.Everybody}')
            """));
        // Everybody has one of the places.
        Assert.Equal((3 * Companies) - RequestMetrics.MostRows + 1, dropped.Sums("scalehub.metrics.dropped").Values.Single());
    }

    private static void RequestsOf(int companies, RequestMetrics instance)
    {
        for (var i = 1; i <= companies; i++)
        {
            instance.Record(new(Guid.CreateVersion7(), Guid.Empty, 1, 200, TimeSpan.FromMilliseconds(i % 50)));
            // As the loop does it five times a second.
            if (i % 10_000 == 0) instance.AddUp();
        }
    }

    private void Request(Guid company, DateTimeOffset at)
    {
        _time.Now = at;
        _instances[0].Record(new(company, Guid.Empty, 1, 200, TimeSpan.FromMilliseconds(3)));
    }

    private async Task RollUpAsync()
    {
        await using var scope = _host.Scope(Tenant.Platform);
        var handler = new RollUpMetricsHandler(
            scope.ServiceProvider.GetRequiredService<ScaleHubDb>(), _host.Services.GetRequiredService<MetricsStore>(), _time);
        await handler.RollUpAsync(_ => Task.CompletedTask, CancellationToken.None);
    }

    private async Task<QuantileSketch> ReadAsync(Guid company, MetricStep step)
    {
        await using var scope = _host.Scope(Tenant.Platform);
        var series = await scope.ServiceProvider.GetRequiredService<ReadDb>().ReadSeriesAsync(
            company, step, _monday, _monday.AddDays(7), CancellationToken.None);
        Assert.Equal(series.Total.Sum().Requests, series.Points.Values.Sum(p => p.Sum.Requests));
        return series.Total.Sum().Durations;
    }

    private Task<List<string>> RollupsAsync() => QueryAsync($"""
        select step || '|' || requests from request_metrics_rollups where company_id = '{Company}' order by step, starts_at desc
        """);

    private Task<List<string>> QueryAsync(string sql) => PostgresServer.QueryAsync(_database.Owner, sql);
}
