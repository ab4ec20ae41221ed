using ScaleHub.Modules.Billing;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Modules.Billing;

/// <summary>The month's invoices of all companies, by real workers that are killed.</summary>
[Collection(PostgresTests.Name)]
public sealed class InvoicingTests(PostgresServer server)
{
    private const int Companies = 10_000, LeaseSeconds = 3;

    [Fact]
    public async Task Ten_thousand_companies_are_invoiced_to_the_minor_unit_while_workers_are_killed_and_restarted_twice()
    {
        var database = await server.CreateDatabaseAsync();
        var now = DateTimeOffset.UtcNow;
        var (month, last) = (UsageCharge.Month(now), UsageCharge.Month(Proration.StartOfMonth(now).AddMonths(-1)));
        // Three charges for each company, one of them of this month. Every hundredth company has none of the last.
        await PostgresServer.ExecuteAsync(database.Owner, $$"""
            insert into companies (id, name) select md5('c' || n)::uuid, 'c' from generate_series(1, {{Companies}}) n;
            insert into users (company_id, id, email, password_hash, role) select id, id, id || '@a.example', 'x', 'owner' from companies where name = 'c';
            insert into usage_charges (company_id, id, user_id, period_yyyymm, price_code, quantity, unit_price_minor, amount_minor, currency)
            select c, (left(uuid7_floor(now())::text, 14) || '7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, c,
                case when n % 3 = 0 or n / 3 % 100 = 0 then {{month}} else {{last}} end, case n % 3 when 1 then 'cards.pack' else 'mail.scanned' end,
                1 + n % 4, 1 + n * 7919 % 1000, (1 + n % 4) * (1 + n * 7919 % 1000), 'EUR'
            from generate_series(3, 3 * {{Companies}} + 2) n, lateral (select md5('c' || n / 3)::uuid as c) company;
            insert into jobs (company_id, id, kind, payload) select 'ffffffff-ffff-ffff-ffff-ffffffffffff', gen_random_uuid(), 'billing.find-companies',
                jsonb_build_object('at', '{{now:O}}', 'charges', true, 'after', '00000000-0000-0000-0000-000000000000')
            """);
        await using var workers = new WorkerProcesses(
            ("ConnectionStrings__scalehub", database.App.Replace("Pooling=false", "Pooling=true", StringComparison.Ordinal)),
            ("ConnectionStrings__redis", "127.0.0.1:1"), ("ScaleHub__Secret", PostgresServer.Secret), ("Jobs__LeaseSeconds", $"{LeaseSeconds}"));
        for (var i = 0; i < 2; i++) workers.Start();
        const int Invoiced = Companies - Companies / 100;
        foreach (var part in new[] { 4, 2 })
        {
            await Poll.UntilAsync(async () => Assert.True(await CountAsync(database, "select count(*) from invoices") >= Invoiced / part), seconds: 120);
            await workers.KillAsync(0);
            workers.Start();
        }
        await Poll.UntilAsync(async () => Assert.Equal(0, await CountAsync(database,
            "select count(*) from jobs where kind in ('billing.find-companies', 'billing.bill-company')")), seconds: 180);

        Assert.Equal(Invoiced, await CountAsync(database, "select count(*) from invoices where number = 1 and status = 'open'"));
        // Killing did hit jobs, or this test shows nothing.
        Assert.NotEqual(0, await CountAsync(database, "select count(*) from finished_jobs where attempts > 1"));
        // Each charge of the last month is in the invoice of its company, and no charge of this month is in any.
        Assert.Equal(0, await CountAsync(database, $"""
            select count(*) from usage_charges c where (c.period_yyyymm = {last})
                <> exists (select from invoices i where i.company_id = c.company_id and i.id = c.invoice_id)
            """));
        // Three sums that nothing but the charges has to do with agree, company by company.
        Assert.Equal(0, await CountAsync(database, $"""
            with used as (select company_id, sum(quantity * unit_price_minor) as minor from usage_charges where period_yyyymm = {last} group by 1),
                billed as (select company_id, sum(total_minor) as minor from invoices group by 1),
                listed as (select company_id, sum(amount_minor) as minor from invoice_lines group by 1)
            select count(*) from used full join billed using (company_id) full join listed using (company_id)
            where used.minor is distinct from billed.minor or used.minor is distinct from listed.minor
            """));
    }

    private static async Task<long> CountAsync(TestDatabase database, string sql)
        => long.Parse(Assert.Single(await PostgresServer.QueryAsync(database.Owner, sql)), null);
}
