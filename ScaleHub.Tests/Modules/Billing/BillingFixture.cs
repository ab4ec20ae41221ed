using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using ScaleHub.Core.Platform.Caching;
using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Core.Platform.Mail;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Modules.Billing;
using ScaleHub.Modules.Billing.Gateways;
using ScaleHub.Testing;

namespace ScaleHub.Tests.Modules.Billing;

/// <summary>An instance of the API, and a worker that runs what it adds: the tests of billing share them.</summary>
public sealed class BillingFixture : IAsyncLifetime
{
    private readonly DirectoryInfo _mails = Directory.CreateTempSubdirectory("scalehub-billing-");
    private PlatformHost _worker = null!;

    internal ApiInstances Api { get; private set; } = null!;

    internal SimulatedGateway Provider => _worker.Services.GetRequiredService<SimulatedGateway>();

    public async Task InitializeAsync()
    {
        Api = await ApiInstances.StartAsync(1, ("RateLimits__Scale", "1000"), ("Billing__SimulatePayments", "true"));
        _worker = await PlatformHost.StartAsync(Api.Database, builder =>
        {
            builder.Configuration["ConnectionStrings:redis"] = Api.Redis.ConnectionString;
            builder.AddCache();
            builder.AddJobLoops();
            builder.AddMailSender();
        }, ("Mail:Folder", _mails.FullName), ("Billing:SimulatePayments", "true"));
    }

    public async Task DisposeAsync()
    {
        await _worker.DisposeAsync();
        await Api.DisposeAsync();
        _mails.Delete(recursive: true);
    }

    /// <summary>Asks for a subscription.</summary>
    internal static Task<HttpResponseMessage> SubscribeAsync(Account account, string plan, string? card = null, bool trial = false)
        => account.Client.PostOnceAsync("/api/v1/billing/subscription", $"{Guid.NewGuid()}",
            JsonSerializer.Serialize(new { plan, trial, paymentMethod = card }));

    /// <summary>A company that has paid for a plan.</summary>
    internal async Task<Account> SubscribedAsync(string plan)
    {
        var account = await Api.RegisterAsync();
        await (await SubscribeAsync(account, plan, TestCards.Succeeds)).JsonAsync(HttpStatusCode.Created);
        await UntilPlanAsync(account, plan);
        return account;
    }

    internal static Task UntilPlanAsync(Account account, string plan) => Poll.UntilAsync(async ()
        => Assert.Equal(plan, (await account.Client.ReadAsync("/api/v1/company")).Text("plan")), seconds: 30);

    /// <summary>Bills a company as the schedule does at a moment, and waits until that is done.</summary>
    internal async Task BillAsync(Account account, DateTimeOffset at, bool charges = true)
    {
        var job = await AddAsync(account, new BillCompany(at, charges));
        await UntilAsync("succeeded", $"select state from job_history where id = '{job}'");
    }

    /// <summary>Adds a job of a company.</summary>
    internal async Task<Guid> AddAsync<TJob>(Account account, TJob job) where TJob : IJob
    {
        await using var scope = _worker.Scope(account.CompanyId);
        var id = scope.ServiceProvider.GetRequiredService<JobQueue>().Add(job);
        await scope.ServiceProvider.GetRequiredService<ScaleHubDb>().SaveChangesAsync();
        return id;
    }

    /// <summary>Lets the provider say something of a payment.</summary>
    internal async Task ApplyAsync(PaymentCallback said)
    {
        await using var scope = _worker.Scope(said.CompanyId);
        Assert.Equal(Applied.Done, await scope.ServiceProvider.GetRequiredService<BillingWork>().ApplyAsync(said, CancellationToken.None));
    }

    /// <summary>Uses packs in the month before this one.</summary>
    internal Task UsePacksAsync(Account account, int packs) => Api.ExecuteAsync($"""
        insert into usage_charges (company_id, id, user_id, period_yyyymm, price_code, subject_id, unit_price_minor, amount_minor, currency)
        select '{account.CompanyId}', (left(uuid7_floor(now())::text, 14) || right(gen_random_uuid()::text, 22))::uuid,
            '{account.UserId}', {LastMonth}, 'cards.pack', gen_random_uuid(), 400, 400, 'EUR' from generate_series(1, {packs})
        """);

    /// <summary>An open invoice for packs.</summary>
    internal async Task<Guid> InvoicedAsync(Account account, int packs = 3)
    {
        await UsePacksAsync(account, packs);
        await BillAsync(account, DateTimeOffset.UtcNow);
        return (await InvoicesAsync(account))[0].GetProperty("id").GetGuid();
    }

    internal static async Task<JsonElement[]> InvoicesAsync(Account account)
        => (await account.Client.ReadAsync("/api/v1/billing/invoices")).Items();

    internal static Task<JsonElement> InvoiceAsync(Account account, Guid id) => account.Client.ReadAsync($"/api/v1/billing/invoices/{id}");

    internal static Task<HttpResponseMessage> PayAsync(Account account, Guid invoice, string card)
        => account.Client.PostOnceAsync($"/api/v1/billing/invoices/{invoice}/payments", $"{Guid.NewGuid()}", $$"""{"paymentMethod":"{{card}}"}""");

    internal static Task UntilInvoiceAsync(Account account, Guid id, string status)
        => Poll.UntilAsync(async () => Assert.Equal(status, (await InvoiceAsync(account, id)).Text("status")), seconds: 30);

    /// <summary>What waits for later runs now.</summary>
    internal Task HurryAsync(Account account, string kind) => Api.ExecuteAsync(
        $"update jobs set due_at = now() where company_id = '{account.CompanyId}' and kind = '{kind}' and state = 'scheduled'");

    /// <summary>Waits for the one value of a query.</summary>
    internal Task UntilAsync(string expected, string sql)
        => Poll.UntilAsync(async () => Assert.Equal(expected, Assert.Single(await Api.QueryAsync(sql))), seconds: 30);

    internal static int LastMonth => UsageCharge.Month(Proration.StartOfMonth(DateTimeOffset.UtcNow).AddMonths(-1));
}

/// <summary>Tests that share one API and its worker.</summary>
[CollectionDefinition(Name)]
public sealed class BillingTests : ICollectionFixture<BillingFixture>
{
    public const string Name = "billing";
}
