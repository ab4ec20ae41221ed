using Npgsql;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;
using ScaleHub.Worker.Commands;
using ScaleHub.Worker.Seeding;

namespace ScaleHub.Tests.Worker;

[Collection(PostgresTests.Name)]
public sealed class SeedTests(PostgresServer server)
{
    private static readonly SeedOptions Small = new(Companies: 60, Seed: 7, Tasks: 6_000, Password: null);

    // What the modules have besides.
    private static readonly string[] Filled =
    [
        "patients", "products", "stock_movements", "orders", "order_lines", "exams", "task_comments", "virtual_addresses", "mail_items",
        "forwarding_requests", "notifications", "card_packs", "user_cards", "shipping_requests", "shipping_request_cards", "global_feed",
        "usage_charges", "charged_subjects", "billing_accounts", "subscriptions", "invoices", "invoice_lines", "payments",
    ];

    // Every value of every row that does not come from the password, in one number per table.
    private static readonly string Fingerprint = $"""
        select md5(string_agg(c::text, ',' order by id)) from companies c
        union all select md5(string_agg((id, company_id, email, role, created_at)::text, ',' order by id)) from users
        union all select md5(string_agg(l::text, ',' order by email)) from logins l
        union all select md5(string_agg(t::text, ',' order by id)) from tasks t
        {string.Join('\n', Filled.Select(table => $"union all select md5(string_agg(x::text, ',' order by x::text)) from {table} x"))}
        """;

    [Fact]
    public async Task The_same_options_give_the_same_rows_and_another_seed_gives_others()
    {
        var (one, two, other) = (await SeededAsync(Small), await SeededAsync(Small), await SeededAsync(Small with { Seed = 8 }));
        var rows = await PostgresServer.QueryAsync(one.Owner, Fingerprint);
        Assert.Equal(rows, await PostgresServer.QueryAsync(two.Owner, Fingerprint));
        Assert.Empty(rows.Intersect(await PostgresServer.QueryAsync(other.Owner, Fingerprint)));
    }

    [Fact]
    public async Task A_run_finishes_what_an_interrupted_one_left()
    {
        var (whole, partly) = (await SeededAsync(Small), await SeededAsync(Small));
        await PostgresServer.ExecuteAsync(partly.Owner, """
            create temp table gone as select id from companies order by id limit 20;
            -- Without foreign keys and triggers, so that the order does not matter.
            set session_replication_role = replica;
            do $$ declare target regclass; begin
                for target in select a.attrelid from pg_attribute a join pg_class c on c.oid = a.attrelid
                    where a.attname = 'company_id' and c.relkind in ('r', 'p') and not c.relispartition and c.relnamespace = 'public'::regnamespace
                loop execute format('delete from %s where company_id in (select id from gone)', target); end loop;
            end $$;
            delete from companies where id in (select id from gone)
            """);
        var result = await SeedAsync(partly, Small);
        Assert.Equal((20, 40), (result.Companies, result.Skipped));
        Assert.Equal(
            await PostgresServer.QueryAsync(whole.Owner, Fingerprint),
            await PostgresServer.QueryAsync(partly.Owner, Fingerprint));
    }

    [Fact]
    public async Task A_database_with_another_seed_is_refused_and_left_as_it_is()
    {
        var database = await SeededAsync(Small);
        var rows = await PostgresServer.QueryAsync(database.Owner, Fingerprint);
        await Assert.ThrowsAsync<CommandException>(() => SeedAsync(database, Small with { Tasks = 7_000 }));
        Assert.Equal(rows, await PostgresServer.QueryAsync(database.Owner, Fingerprint));
    }

    [Fact]
    public async Task Order_of_identifiers_is_order_of_creation_and_each_company_has_one_owner_who_came_first()
    {
        var database = await SeededAsync(Small);
        Assert.Equal(["6000"], await PostgresServer.QueryAsync(database.Owner, "select count(*) from tasks"));
        Assert.Equal(["0"], await PostgresServer.QueryAsync(database.Owner, """
            select count(*) from (
                select created_at, lag(created_at) over (partition by company_id order by id) as before from tasks) t
            where created_at <= before
            """));
        Assert.Equal(["60"], await PostgresServer.QueryAsync(database.Owner, """
            select count(*) from users u where role = 'owner'
                and id = (select id from users where company_id = u.company_id order by id limit 1)
            """));
    }

    [Fact]
    public async Task Every_module_has_rows_and_they_agree_with_each_other()
    {
        var database = await SeededAsync(Small);
        foreach (var table in Filled)
            Assert.NotEqual(["0"], await PostgresServer.QueryAsync(database.Owner, $"select count(*) from {table}"));
        // The stock is what the movements leave, and never was below zero.
        Assert.Empty(await PostgresServer.QueryAsync(database.Owner, """
            select p.id from products p where stock <> (select sum(quantity) from stock_movements m where m.company_id = p.company_id and m.product_id = p.id)
                or stock <> (select stock_after from stock_movements m where m.company_id = p.company_id and m.id = p.movement_id)
            """));
        Assert.Empty(await PostgresServer.QueryAsync(database.Owner, """
            select id from orders o where total_minor <> (select sum(quantity * unit_price_minor) from order_lines l where l.company_id = o.company_id and l.order_id = o.id)
            """));
        Assert.Empty(await PostgresServer.QueryAsync(database.Owner, """
            select i.id from invoices i where total_minor <> (select sum(amount_minor) from usage_charges u where u.company_id = i.company_id and u.invoice_id = i.id)
                or total_minor <> (select sum(amount_minor) from invoice_lines l where l.company_id = i.company_id and l.invoice_id = i.id)
            """));
        // Nobody has more than the plan allows, of what is not counted by the month.
        Assert.Empty(await PostgresServer.QueryAsync(database.Owner, """
            select c.id || q.resource from companies c join plan_quotas q on q.plan = c.plan join quotas r on r.resource = q.resource and not r.monthly
            where count_quota(c.id, q.resource, 0) > q.quota
            """));
    }

    [Fact]
    public async Task The_application_sees_one_company_alone_and_none_without_a_company()
    {
        var database = await SeededAsync(Small);
        Assert.Equal(["0"], await PostgresServer.QueryAsync(database.App, "select count(*) from tasks"));
        var largest = Largest(Small);
        Assert.Equal([$"{largest.TaskCount}"], await PostgresServer.QueryAsync(database.App,
            $"set app.company_id = '{largest.Id}'; select count(*) from tasks"));
    }

    [Theory]
    [InlineData("", "tasks_pkey")]
    [InlineData("and status = 'todo'", "tasks_by_status")]
    public async Task A_page_of_the_largest_company_comes_from_an_index(string filter, string index)
    {
        var database = await SeededAsync(Small);
        var company = Largest(Small).Id;
        var plan = await PostgresServer.QueryAsync(database.App, $"""
            set app.company_id = '{company}';
            explain select * from tasks where company_id = '{company}' {filter} order by id desc limit 51
            """);
        Assert.Contains(plan, line => line.Contains(index, StringComparison.Ordinal));
        Assert.DoesNotContain(plan,
            line => line.Contains("Seq Scan", StringComparison.Ordinal) || line.Contains("Sort", StringComparison.Ordinal));
    }

    private static MadeUpCompany Largest(SeedOptions options) => new SeedPlan(options).Company(0);

    private async Task<TestDatabase> SeededAsync(SeedOptions options)
    {
        var database = await server.CreateDatabaseAsync();
        await SeedAsync(database, options);
        return database;
    }

    private static async Task<SeedResult> SeedAsync(TestDatabase database, SeedOptions options)
    {
        await using var owner = NpgsqlDataSource.Create(database.Owner);
        return await new Seeder(owner, options, passwordHash: "not a real one").RunAsync(_ => { }, CancellationToken.None);
    }
}
