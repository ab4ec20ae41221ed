using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Modules;
using ScaleHub.Modules.Addresses;
using ScaleHub.Testing;
using ScaleHub.Tests.Platform.Jobs;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Modules.Addresses;

/// <summary>Every month of an address in use is charged once, however often the platform looks.</summary>
[Collection(PostgresTests.Name)]
public sealed class ChargeAddressesTests(PostgresServer server)
{
    [Fact]
    public async Task A_month_is_charged_once_for_each_address_in_use_and_not_for_one_that_is_closed_or_began_in_it()
    {
        await using var host = await JobsHost.StartAsync(server, 0);
        var other = Guid.CreateVersion7();
        foreach (var company in new[] { host.Company, other })
            await host.ExecuteAsync($"""
                insert into companies (id, name) values ('{company}', 'c');
                insert into users (company_id, id, email, password_hash, role) values ('{company}', '{company}', '{company}@addresses.example', 'x', 'owner');
                insert into virtual_addresses (company_id, id, user_id, mailbox, name, line1, city, postal_code, country, status, created_at)
                select '{company}', gen_random_uuid(), '{company}', mailbox, mailbox, 'l', 'c', 'p', 'DE', status, begun from (values
                    ('IN-USE', 'active', date_trunc('month', now(), 'utc') - interval '40 days'),
                    ('CLOSED', 'closed', date_trunc('month', now(), 'utc') - interval '40 days'),
                    ('NEW', 'active', date_trunc('month', now(), 'utc') + interval '1 second')) a (mailbox, status, begun)
                """);
        await host.StartWorkerAsync(ModuleList.Jobs);
        var now = DateTimeOffset.UtcNow;
        var month = new DateTimeOffset(now.Year, now.Month, 1, 0, 0, 0, TimeSpan.Zero);
        foreach (var at in new[] { month, month, month.AddMonths(1) })
        {
            var job = await host.AddAsync(new FindAddressesToCharge(at), company: Tenant.Platform);
            await host.UntilAsync(job, "succeeded 1");
            await Poll.UntilAsync(async () => Assert.Equal(["0"], await host.QueryAsync("select count(*) from jobs where kind = 'addresses.charge'")), seconds: 30);
        }
        string[] each = [$"IN-USE {month:yyyyMM}", $"IN-USE {month.AddMonths(1):yyyyMM}", $"NEW {month.AddMonths(1):yyyyMM}"];
        foreach (var company in new[] { host.Company, other })
            Assert.Equal(each, await host.QueryAsync($"""
                select a.mailbox || ' ' || period_yyyymm from usage_charges u join virtual_addresses a on a.id = u.subject_id
                where u.company_id = '{company}' and price_code = 'address.month' order by 1
                """));
    }
}
