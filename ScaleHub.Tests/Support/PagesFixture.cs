using System.Net;
using ScaleHub.Core.Platform.Caching;
using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Core.Platform.Mail;
using ScaleHub.Core.Platform.Metrics;
using ScaleHub.Modules.Billing;
using ScaleHub.Modules.Billing.Gateways;
using ScaleHub.Testing;
using ScaleHub.Tests.Modules.Billing;

namespace ScaleHub.Tests.Support;

/// <summary>What the pages for operators and for companies are shown by: an API, a worker, and companies that use it.</summary>
public sealed class PagesFixture : IAsyncLifetime
{
    // The first is slow, the second had errors, the third is refused now and then.
    private static readonly string[] Names =
    [
        "Brook Street Radiology", "Okafor Imaging", "Lindqvist Optics", "Harbour Dental", "Mill Lane Surgery",
        "Rivera Physiotherapy", "Tanaka Pharmacy", "Northgate Clinics",
    ];

    private static readonly string[] Plans =
        ["FREE", "BASIC", "FREE", "BASIC", "PROFESSIONAL", "BASIC", "FREE", "ENTERPRISE"];

    private static readonly (string Email, string Role)[] Colleagues =
        [("ines.moreau@brookstreet.example", "admin"), ("tom.hale@brookstreet.example", "member")];

    private readonly string _files = Directory.CreateTempSubdirectory("scalehub-test-files").FullName;
    private readonly List<Account> _companies = [];
    private PlatformHost _worker = null!;

    private string Mails => Path.Combine(_files, "mail");

    internal ApiInstances Api { get; private set; } = null!;

    internal Traffic Traffic { get; private set; } = null!;

    /// <summary>The company whose requests take long.</summary>
    internal Account Slow => _companies[0];

    /// <summary>The company with most requests.</summary>
    internal Account Busy => _companies[^1];

    internal static string SlowName => Names[0];

    /// <summary>An operator's address.</summary>
    internal string Operator { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Api = await ApiInstances.StartAsync(1, ("RateLimits__Scale", "1000"), ("Blobs__Folder", _files),
            ("OTEL_SERVICE_NAME", "api-1"), ("Billing__SimulatePayments", "true"));
        _worker = await PlatformHost.StartAsync(Api.Database, builder =>
        {
            builder.Environment.ApplicationName = "ScaleHub.Worker";
            builder.AddCache();
            builder.AddJobLoops();
            builder.AddMailSender();
            builder.Services.AddInstanceReport();
        }, ("ConnectionStrings:redis", Api.Redis.ConnectionString), ("Blobs:Folder", _files), ("Mail:Folder", Mails),
            ("OTEL_SERVICE_NAME", "worker"), ("Billing:SimulatePayments", "true"));
        for (var i = 0; i < Names.Length; i++) _companies.Add(await RegisterAsync(Names[i], Plans[i]));
        await FurnishAsync(Slow);
        Operator = await Slow.AddOperatorAsync(Api.Database.Owner);
        Traffic = await Traffic.StartAsync(Api.Database, [.. _companies.Select(c => c.CompanyId)]);
    }

    public async Task DisposeAsync()
    {
        await Traffic.DisposeAsync();
        foreach (var company in _companies) company.Dispose();
        await _worker.DisposeAsync();
        await Api.DisposeAsync();
        Directory.Delete(_files, recursive: true);
    }

    /// <summary>A company of its own with a name.</summary>
    internal async Task<Account> RegisterAsync(string name, string plan = "FREE")
    {
        var account = await Api.RegisterAsync(plan);
        await Api.ExecuteAsync($"update companies set name = '{name}' where id = '{account.CompanyId}'");
        return account;
    }

    /// <summary>Waits for a mail to an address.</summary>
    internal Task UntilMailAsync(string to) => Poll.UntilAsync(async () =>
    {
        var mails = await Task.WhenAll(Directory.GetFiles(Mails, "*.eml").Select(f => File.ReadAllTextAsync(f)));
        Assert.Contains(mails, mail => mail.Contains(to, StringComparison.Ordinal));
    }, seconds: 40);

    // What a company has after some weeks.
    private async Task FurnishAsync(Account account)
    {
        using var subscribed = await BillingFixture.SubscribeAsync(account, "PROFESSIONAL", TestCards.Succeeds);
        await subscribed.JsonAsync(HttpStatusCode.Created);
        await BillingFixture.UntilPlanAsync(account, "PROFESSIONAL");
        foreach (var (email, role) in Colleagues) await PostAsync("users", new { email, password = Account.Password, role });
        await PostAsync("invitations", new { email = "a.osei@brookstreet.example" });
        await PostAsync("api-keys", new { name = "Nightly import", expiresInDays = 90 });
        await PostAsync("exports", new { list = "users" });
        var month = UsageCharge.Month(DateTimeOffset.UtcNow);
        await Api.ExecuteAsync($"""
            insert into quota_counters select '{account.CompanyId}', resource, period, used
            from (values ('patients', 0, 6412), ('products', 0, 284), ('orders', {month}, 8730), ('exams', {month}, 3105))
                v (resource, period, used)
            on conflict (company_id, resource, period_yyyymm) do update set used = excluded.used
            """);

        async Task PostAsync(string path, object body)
        {
            using var answer = await account.Client.PostJsonAsync($"/api/v1/{path}", body);
            Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        }
    }
}

/// <summary>Tests of pages: one after another, as they share the API and a browser.</summary>
[CollectionDefinition(Name)]
public sealed class PageTests : ICollectionFixture<PagesFixture>, ICollectionFixture<InstalledBrowser>
{
    public const string Name = "pages";
}
