using Microsoft.Extensions.DependencyInjection;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Modules.Billing;
using ScaleHub.Testing;
using ScaleHub.Tests.Platform.Jobs;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Modules.Billing;

/// <summary>A use is charged once, in its transaction, at the price of the moment.</summary>
[Collection(PostgresTests.Name)]
public sealed class UsageChargeTests(PostgresServer server)
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UtcNow;
    private static readonly int Month = UsageCharge.Month(Now), NextMonth = UsageCharge.Month(Now.AddMonths(1));

    [Fact]
    public async Task Twenty_who_charge_for_the_same_at_once_charge_once_and_whoever_rolls_back_charges_nothing()
    {
        await using var host = await StartAsync();
        var subject = Guid.CreateVersion7();
        await ChargeAsync(host, subject, commit: false);
        Assert.Empty(await ChargesAsync(host));
        var charged = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => ChargeAsync(host, subject, quantity: 3)));
        Assert.Single(charged, done => done);
        Assert.Equal([$"{Month} cards.pack 3 400 1200"], await ChargesAsync(host));
    }

    [Fact]
    public async Task What_costs_something_each_month_is_charged_once_a_month_at_the_price_of_the_moment()
    {
        await using var host = await StartAsync();
        var subject = Guid.CreateVersion7();
        foreach (var now in new[] { Now, Now, Now.AddMonths(1) })
        {
            await ChargeAsync(host, subject, now: now, monthly: true);
            await host.ExecuteAsync("update prices set amount_minor = 500 where code = 'cards.pack'");
        }
        Assert.Equal([$"{Month} cards.pack 1 400 400", $"{NextMonth} cards.pack 1 500 500"], await ChargesAsync(host));
    }

    [Fact]
    public async Task What_has_no_price_or_no_transaction_is_an_error_and_charges_nothing()
    {
        await using var host = await StartAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => ChargeAsync(host, Guid.CreateVersion7(), price: "no.such"));
        await using var scope = host.Scope();
        var db = scope.ServiceProvider.GetRequiredService<ScaleHubDb>();
        await Assert.ThrowsAsync<InvalidOperationException>(
            () => db.ChargeAsync("cards.pack", host.Company, Guid.CreateVersion7(), 1, Now, CancellationToken.None));
        Assert.Empty(await ChargesAsync(host));
        Assert.Equal(["0"], await host.QueryAsync("select count(*) from charged_subjects"));
    }

    private async Task<JobsHost> StartAsync()
    {
        var host = await JobsHost.StartAsync(server, workers: 0);
        await host.ExecuteAsync($"""
            insert into companies (id, name) values ('{host.Company}', 'c');
            insert into users (company_id, id, email, password_hash, role)
                values ('{host.Company}', '{host.Company}', 'a@company.example', 'x', 'owner');
            """);
        return host;
    }

    private static async Task<bool> ChargeAsync(
        JobsHost host, Guid subject, string price = "cards.pack", int quantity = 1, DateTimeOffset? now = null, bool monthly = false,
        bool commit = true)
    {
        await using var scope = host.Scope();
        var db = scope.ServiceProvider.GetRequiredService<ScaleHubDb>();
        await using var transaction = await db.Database.BeginTransactionAsync();
        var charged = await db.ChargeAsync(price, host.Company, subject, quantity, now ?? Now, CancellationToken.None, monthly);
        if (commit) await transaction.CommitAsync();
        return charged;
    }

    private static Task<List<string>> ChargesAsync(JobsHost host) => host.QueryAsync("""
        select concat_ws(' ', period_yyyymm, price_code, quantity, unit_price_minor, amount_minor) from usage_charges order by id
        """);
}
