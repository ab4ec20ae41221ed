using System.Diagnostics.Metrics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using ScaleHub.Core.Platform.Caching;
using ScaleHub.Core.Platform.Metrics;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Modules.Metrics;
using ScaleHub.Modules.Metrics.Alerts;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Modules.Metrics.Alerts;

/// <summary>The rules on real figures in PostgreSQL, with a clock that the tests set: a look every ten seconds.</summary>
[Collection(PostgresTests.Name)]
public sealed class AlertTests(PostgresServer server) : IAsyncLifetime
{
    private const string Mail = "on-call@platform.example";
    private static readonly Guid Company = Guid.CreateVersion7();

    // Hours ago, so that it stays before the present: identifiers of this process never go back, and other tests make some, too.
    private readonly SetTime _time = new(MetricStep.Minute.StartOf(DateTimeOffset.UtcNow.AddHours(-4)));
    private TestDatabase _database = null!;
    private PlatformHost _host = null!;
    private RequestMetrics _metrics = null!;
    private AlertLoop _loop = null!;

    public async Task InitializeAsync()
    {
        _database = await server.CreateDatabaseAsync();
        _host = await PlatformHost.StartAsync(_database,
            builder => builder.Services.AddSingleton<CacheCounts>().AddSingleton<InstanceName>().AddSingleton<TimeProvider>(_time),
            ("Alerts:MailTo", Mail), ("Alerts:WebhookUrl", "http://127.0.0.1:1/alerts"));
        _metrics = new(_host.Services.GetRequiredService<MetricsStore>(), _host.Services.GetRequiredService<CacheCounts>(),
            _host.Services.GetRequiredService<InstanceName>(), _time, _host.Services.GetRequiredService<IMeterFactory>(),
            NullLogger<RequestMetrics>.Instance);
        _loop = ActivatorUtilities.CreateInstance<AlertLoop>(_host.Services);
    }

    public async Task DisposeAsync()
    {
        _loop.Dispose();
        _metrics.Dispose();
        await _host.DisposeAsync();
    }

    [Theory]
    [InlineData(AlertRule.CompanyErrors, AlertRule.Errors)]
    [InlineData(AlertRule.CompanyResponse, AlertRule.Response)]
    [InlineData(AlertRule.CompanyThrottled, AlertRule.ThrottledRise)]
    public async Task A_fault_is_told_of_within_a_minute_once_and_once_more_when_it_is_over(AlertRule ofCompany, AlertRule ofAll)
    {
        await PassAsync(30, wrong: 0, ofCompany);
        Assert.Empty(await AlertsAsync());

        await PassAsync(60, wrong: 100, ofCompany);
        Assert.Equal(new[] { ofCompany, ofAll }.Order().Select(r => $"{r}|open"), await AlertsAsync());
        // One call of the webhook for what was seen in one look; a mail about the whole, and one to come about companies.
        Assert.Equal(["alerts.mail|1", "alerts.post|1", "mail.send|1"], await JobsAsync());

        // The last bad minute has to pass, and then a minute in which all is well.
        await PassAsync(5 * 60, wrong: 0, ofCompany);
        Assert.Equal(new[] { ofCompany, ofAll }.Order().Select(r => $"{r}|cleared"), await AlertsAsync());
        Assert.Equal(["alerts.post|2", "mail.send|2"], (await JobsAsync()).Where(j => !j.StartsWith("alerts.mail", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_noisy_load_around_the_threshold_neither_raises_nor_clears_again_and_again()
    {
        var random = new Random(3);
        // 4 to 6 % of errors in ten seconds, where 5 % are too many; and then far more, for once.
        for (var i = 0; i < 60; i++) await PassAsync(10, wrong: random.Next(4, 7), AlertRule.CompanyErrors, of: 100);
        await PassAsync(60, wrong: 50, AlertRule.CompanyErrors);
        for (var i = 0; i < 60; i++) await PassAsync(10, wrong: random.Next(4, 7), AlertRule.CompanyErrors, of: 100);
        Assert.Equal(1, await CountAsync("rule = 'company_errors'"));
    }

    [Fact]
    public async Task A_few_requests_say_nothing_and_a_moment_is_no_problem()
    {
        // 24 in the window, all of them with an error.
        await PassAsync(120, wrong: 2, AlertRule.CompanyErrors, of: 2);
        Assert.Empty(await AlertsAsync());
        _time.Now = _time.Now.AddMinutes(5);
        await PassAsync(10, wrong: 30, AlertRule.CompanyErrors, of: 100);
        Assert.Equal(2, await CountAsync("state = 'pending'"));
        await PassAsync(10, wrong: 0, AlertRule.CompanyErrors, of: 5000);
        Assert.Equal(0, await CountAsync("true"));
    }

    [Fact]
    public async Task Few_cache_hits_are_told_of()
    {
        var counts = _host.Services.GetRequiredService<CacheCounts>();
        for (var i = 0; i < 6; i++)
        {
            for (var n = 0; n < 30; n++) counts.Count(counts.Of(Company), n % 2 == 0 ? CacheOutcome.Hit : CacheOutcome.Miss);
            await PassAsync(10, wrong: 0, AlertRule.CompanyErrors);
        }
        Assert.Equal([$"{AlertRule.CacheHits}|open"], await AlertsAsync());
    }

    [Theory]
    [InlineData(AlertRule.Cpu, "cpu_percent = 90")]
    [InlineData(AlertRule.Memory, "memory_bytes = 95, memory_limit_bytes = 100")]
    [InlineData(AlertRule.Pool, """nodes = '[{"name":"pg","role":"primary","servesReads":true,"used":9,"idle":1,"max":10}]'""")]
    [InlineData(AlertRule.Lag, """nodes = '[{"name":"pg-replica-1","role":"standby","servesReads":false,"lagSeconds":6,"max":10}]'""")]
    public async Task What_an_instance_tells_of_itself_is_told_of_and_is_over_when_the_instance_is_gone(AlertRule rule, string fault)
    {
        var ok = "seen_at = to_timestamp({0})";
        await PostgresServer.ExecuteAsync(_database.Owner, """
            insert into instances values ('worker/x', 'worker', 'ScaleHub.Worker', '1', now(), now(), 10, 10, 100, '[]')
            """);
        for (var i = 0; i < 4; i++) await LookAsync(ok);
        Assert.Empty(await AlertsAsync());
        for (var i = 0; i < 4; i++) await LookAsync($"{ok}, {fault}");
        Assert.Equal([$"{rule}|open"], await AlertsAsync());
        for (var i = 0; i < 15; i++) await LookAsync("name = name");
        Assert.Equal([$"{rule}|cleared"], await AlertsAsync());
    }

    [Fact]
    public async Task Several_workers_tell_of_a_problem_once()
    {
        for (var i = 0; i < 8; i++)
        {
            Requests(wrong: 100, AlertRule.CompanyErrors, 100);
            await _metrics.FlushAsync(CancellationToken.None);
            _time.Now = _time.Now.AddSeconds(10);
            await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => _loop.LookAsync(CancellationToken.None)));
        }
        Assert.Equal(1, await CountAsync("rule = 'company_errors'"));
        Assert.Equal(["alerts.mail|1", "alerts.post|1", "mail.send|1"], await JobsAsync());
    }

    [Fact]
    public async Task When_no_instance_tells_of_any_request_nothing_is_told_to_be_well_again()
    {
        await PostgresServer.ExecuteAsync(_database.Owner, $"""
            insert into instances values ('api-1/x', 'api-1', 'ScaleHub.Api', '1', now(), to_timestamp({_time.Now.ToUnixTimeSeconds()}), 1, 1, 100, '[]')
            """);
        await PassAsync(60, wrong: 100, AlertRule.CompanyErrors);
        for (var i = 0; i < 60; i++)
        {
            _time.Now = _time.Now.AddSeconds(10);
            await _loop.LookAsync(CancellationToken.None);
        }
        Assert.Equal(new[] { AlertRule.Errors, AlertRule.Instances, AlertRule.CompanyErrors }.Select(r => $"{r}|open"), await AlertsAsync());
    }

    [Fact]
    public async Task A_constant_number_of_refusals_has_one_value_whatever_the_second_of_the_minute()
    {
        // Four times as many as in the hour before, where five times would be a problem.
        for (var minute = 60; minute > 0; minute--)
        {
            _metrics.Record(new(Company, Guid.Empty, 1, 200, TimeSpan.FromMilliseconds(1)));
            for (var i = 0; i < 60; i++) _metrics.Record(new(Company, Guid.Empty, 1, 429, TimeSpan.FromMilliseconds(1)));
            await _metrics.FlushAsync(CancellationToken.None);
            _time.Now = _time.Now.AddMinutes(1);
        }
        for (var i = 0; i < 18; i++) await PassAsync(10, wrong: 40, AlertRule.CompanyThrottled);
        Assert.Equal(0, await CountAsync("rule = 'throttled_rise'"));
    }

    [Fact]
    public async Task Of_companies_there_is_one_mail_in_a_quarter_of_an_hour_however_much_changes()
    {
        var until = new DateTimeOffset(2026, 1, 1, 10, 15, 0, TimeSpan.Zero);
        await PostgresServer.ExecuteAsync(_database.Owner, $"""
            insert into alerts (company_id, id, rule, state, value, threshold, started_at, opened_at, cleared_at)
            select md5('c' || n)::uuid, md5('a' || n)::uuid, 'company_errors', case when n % 2 = 0 then 'open' else 'cleared' end, 50, 5,
                '{until:O}', timestamptz '{until:O}' - n * interval '6 seconds',
                case when n % 2 = 1 then timestamptz '{until:O}' - interval '1 second' end
            from generate_series(1, 300) n
            """);
        await using var scope = _host.Scope(Tenant.Platform);
        var db = scope.ServiceProvider.GetRequiredService<ScaleHubDb>();
        await using var transaction = await db.Database.BeginTransactionAsync();
        await ActivatorUtilities.CreateInstance<MailCompanyAlertsHandler>(scope.ServiceProvider).HandleAsync(new(until), null!, CancellationToken.None);
        await transaction.CommitAsync();
        var mail = Assert.Single(await QueryAsync("select payload::text from jobs where kind = 'mail.send'"));
        Assert.Contains(Mail, mail, StringComparison.Ordinal);
        // 150 that began in the quarter, and 75 that began before and ended in it.
        Assert.Contains("225 changes of problems", mail, StringComparison.Ordinal);
        Assert.Contains("And 175 more", mail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unless_addresses_are_set_the_operators_are_told_and_nobody_who_was_removed()
    {
        await PostgresServer.ExecuteAsync(_database.Owner, """
            insert into users (company_id, id, email, password_hash, role, deleted_at)
            select 'ffffffff-ffff-ffff-ffff-ffffffffffff', gen_random_uuid(), mail, 'x', 'operator', gone
            from (values ('ann@platform.example', null), ('bob@platform.example', now())) v (mail, gone)
            """);
        await using var host = await PlatformHost.StartAsync(_database, builder => builder.Services.AddSingleton<TimeProvider>(_time));
        using var loop = ActivatorUtilities.CreateInstance<AlertLoop>(host.Services);
        for (var i = 0; i < 4; i++)
        {
            Requests(wrong: 100, AlertRule.CompanyErrors, 100);
            await _metrics.FlushAsync(CancellationToken.None);
            _time.Now = _time.Now.AddSeconds(10);
            await loop.LookAsync(CancellationToken.None);
        }
        Assert.Equal(["ann@platform.example"], await QueryAsync("select payload ->> 'to' from jobs where kind = 'mail.send'"));
    }

    [Fact]
    public async Task A_company_in_the_last_minutes_is_in_the_list_by_load_and_leaves_it_afterwards()
    {
        await PassAsync(10, wrong: 10, AlertRule.CompanyErrors, of: 20);
        Assert.Equal([$"{Company}|20|10"], await QueryAsync("select company_id || '|' || requests || '|' || errors from company_load"));
        _time.Now = _time.Now.AddMinutes(10);
        await _loop.LookAsync(CancellationToken.None);
        Assert.Empty(await QueryAsync("select company_id::text from company_load"));
    }

    /// <summary>Requests, and a look every ten seconds.</summary>
    private async Task PassAsync(int seconds, int wrong, AlertRule rule, int of = 100)
    {
        for (var passed = 0; passed < seconds; passed += 10)
        {
            Requests(wrong, rule, of);
            await _metrics.FlushAsync(CancellationToken.None);
            _time.Now = _time.Now.AddSeconds(10);
            await _loop.LookAsync(CancellationToken.None);
        }
    }

    private void Requests(int wrong, AlertRule rule, int of)
    {
        for (var i = 0; i < of; i++)
        {
            var (status, ms) = (i < wrong, rule) switch
            {
                (true, AlertRule.CompanyErrors) => (500, 5),
                (true, AlertRule.CompanyThrottled) => (429, 1),
                (true, _) => (200, 900),
                _ => (200, 5),
            };
            _metrics.Record(new(Company, Guid.Empty, 1, status, TimeSpan.FromMilliseconds(ms)));
        }
    }

    private async Task LookAsync(string instance)
    {
        _time.Now = _time.Now.AddSeconds(10);
        await PostgresServer.ExecuteAsync(_database.Owner, "update instances set "
            + instance.Replace("{0}", $"{_time.Now.ToUnixTimeSeconds()}", StringComparison.Ordinal));
        await _loop.LookAsync(CancellationToken.None);
    }

    /// <summary>Rule and state, in the order of the rules.</summary>
    private async Task<List<string>> AlertsAsync()
    {
        var rows = await QueryAsync("select rule || '|' || state from alerts");
        return [.. rows.Select(r => r.Split('|')).OrderBy(r => Enum.Parse<AlertRule>(r[0].Replace("_", "", StringComparison.Ordinal), true))
            .Select(r => $"{Enum.Parse<AlertRule>(r[0].Replace("_", "", StringComparison.Ordinal), true)}|{r[1]}")];
    }

    private async Task<int> CountAsync(string where) => int.Parse(
        (await QueryAsync($"select count(*)::text from alerts where {where}"))[0], CultureInfo.InvariantCulture);

    private Task<List<string>> JobsAsync() => QueryAsync(
        $"select kind || '|' || count(*) from jobs where company_id = '{Tenant.Platform}' group by kind order by kind");

    private Task<List<string>> QueryAsync(string sql) => PostgresServer.QueryAsync(_database.Owner, sql);
}
