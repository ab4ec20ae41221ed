using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ScaleHub.Modules.Billing;
using ScaleHub.Modules.Billing.Gateways;
using ScaleHub.Testing;

namespace ScaleHub.Tests.Modules.Billing;

/// <summary>A plan is had when it is paid or tried, and lost when it is not paid.</summary>
[Collection(BillingTests.Name)]
public sealed class SubscriptionTests(BillingFixture billing)
{
    [Fact]
    public async Task A_plan_begins_when_the_rest_of_the_month_is_paid_and_a_larger_one_when_the_difference_is()
    {
        using var account = await billing.SubscribedAsync("PROFESSIONAL");
        var subscription = await SubscriptionAsync(account);
        var ends = subscription.GetProperty("periodEndsAt").GetDateTimeOffset();
        Assert.Equal(("active", Proration.NextMonth(DateTimeOffset.UtcNow)), (subscription.Text("status"), ends));
        var invoice = Assert.Single(await BillingFixture.InvoicesAsync(account));
        AssertTotal(9900, invoice, ends);

        await (await BillingFixture.SubscribeAsync(account, "ENTERPRISE")).JsonAsync(HttpStatusCode.Created);
        await BillingFixture.UntilPlanAsync(account, "ENTERPRISE");
        var invoices = await BillingFixture.InvoicesAsync(account);
        Assert.Equal([2, 1], invoices.Select(i => i.GetProperty("number").GetInt32()));
        AssertTotal(49900 - 9900, invoices[0], ends);
        Assert.All(invoices, i => Assert.Equal("paid", i.Text("status")));
        // The next month costs the whole price, once, however often it is billed.
        for (var i = 0; i < 2; i++) await billing.BillAsync(account, ends.AddHours(2), charges: false);
        invoices = await BillingFixture.InvoicesAsync(account);
        Assert.Equal((3, 49900), (invoices.Length, invoices[0].GetProperty("totalMinor").GetInt64()));
        Assert.Equal(ends.AddMonths(1), (await SubscriptionAsync(account)).GetProperty("periodEndsAt").GetDateTimeOffset());

        static void AssertTotal(long monthly, JsonElement invoice, DateTimeOffset ends) => Assert.Equal(
            Proration.Of(monthly, invoice.GetProperty("createdAt").GetDateTimeOffset(), ends), invoice.GetProperty("totalMinor").GetInt64());
    }

    [Fact]
    public async Task A_declined_card_leaves_everything_as_it_was_and_nothing_is_owed()
    {
        using var account = await billing.Api.RegisterAsync();
        await (await BillingFixture.SubscribeAsync(account, "ENTERPRISE")).ProblemAsync(HttpStatusCode.Conflict);
        Assert.Equal("pending", (await (await BillingFixture.SubscribeAsync(account, "ENTERPRISE", TestCards.Declined))
            .JsonAsync(HttpStatusCode.Created)).Text("status"));
        await BillingFixture.UntilInvoiceAsync(account, Id((await BillingFixture.InvoicesAsync(account))[0]), "void");
        Assert.Equal("FREE", (await account.Client.ReadAsync("/api/v1/company")).Text("plan"));
        Assert.Equal(HttpStatusCode.NotFound, (await account.Client.GetAsync("/api/v1/billing/subscription")).StatusCode);
        await billing.UntilAsync("1", $"select count(*) from notifications where user_id = '{account.UserId}' and kind = 'billing'");

        await (await BillingFixture.SubscribeAsync(account, "BASIC", TestCards.Succeeds)).JsonAsync(HttpStatusCode.Created);
        await BillingFixture.UntilPlanAsync(account, "BASIC");
    }

    [Fact]
    public async Task Whose_first_payment_ends_when_its_days_are_over_gets_them_back_and_the_plan_from_then_on()
    {
        using var account = await billing.Api.RegisterAsync();
        await (await BillingFixture.SubscribeAsync(account, "BASIC", TestCards.Silent)).JsonAsync(HttpStatusCode.Created);
        var invoice = Assert.Single(await BillingFixture.InvoicesAsync(account));
        var total = invoice.GetProperty("totalMinor").GetInt64();
        // The month has turned while the provider was silent.
        await billing.Api.ExecuteAsync($"""
            update subscriptions set period_starts_at = now() - interval '3 days', period_ends_at = now() - interval '2 days'
            where company_id = '{account.CompanyId}'
            """);
        await billing.BillAsync(account, DateTimeOffset.UtcNow);
        var payment = Guid.Parse(Assert.Single(await billing.Api.QueryAsync($"select id from payments where company_id = '{account.CompanyId}'")));
        await billing.ApplyAsync(new(account.CompanyId, payment, total, "EUR", new($"sim_{payment:N}", PaymentState.Succeeded, null)));

        await BillingFixture.UntilPlanAsync(account, "BASIC");
        Assert.Equal([$"{total}"], await billing.Api.QueryAsync($"select credit_minor from billing_accounts where company_id = '{account.CompanyId}'"));
        // What is left of the month is billed from the payment on, and takes the credit.
        await billing.BillAsync(account, DateTimeOffset.UtcNow.AddSeconds(1));
        var next = (await BillingFixture.InvoicesAsync(account))[0];
        Assert.Equal((2, Math.Min(total, next.GetProperty("totalMinor").GetInt64())),
            (next.GetProperty("number").GetInt32(), next.GetProperty("creditMinor").GetInt64()));
    }

    [Fact]
    public async Task A_plan_that_an_operator_gave_is_given_up_without_touching_the_subscription()
    {
        using var account = await billing.SubscribedAsync("BASIC");
        await billing.Api.ExecuteAsync($"update companies set plan = 'ENTERPRISE' where id = '{account.CompanyId}'");
        using var lower = await account.Client.PutAsync("/api/v1/company/plan", Responses.Json("""{"plan":"PROFESSIONAL"}"""));
        await lower.JsonAsync(HttpStatusCode.OK);
        Assert.Equal(["BASIC 2900 0"], await billing.Api.QueryAsync($"""
            select s.plan || ' ' || s.price_minor || ' ' || a.credit_minor from subscriptions s join billing_accounts a using (company_id)
            where company_id = '{account.CompanyId}'
            """));
    }

    [Fact]
    public async Task Of_many_who_subscribe_at_once_one_does_and_one_invoice_is_made()
    {
        using var account = await billing.Api.RegisterAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => BillingFixture.SubscribeAsync(account, "BASIC", TestCards.Late)));
        Assert.Single(answers, a => a.StatusCode == HttpStatusCode.Created);
        Assert.All(answers.Where(a => a.StatusCode != HttpStatusCode.Created), a => Assert.Equal(HttpStatusCode.Conflict, a.StatusCode));
        Assert.Single(await BillingFixture.InvoicesAsync(account));
        // While nobody knows how the payment ends, the plan does not begin, and the subscription cannot be cancelled.
        await (await account.Client.DeleteAsync("/api/v1/billing/subscription")).ProblemAsync(HttpStatusCode.Conflict);
        Assert.Equal("FREE", (await account.Client.ReadAsync("/api/v1/company")).Text("plan"));
    }

    [Fact]
    public async Task A_trial_is_given_once_and_when_nobody_pays_the_plan_is_lost_nothing_is_deleted_and_nothing_can_be_added()
    {
        using var account = await billing.Api.RegisterAsync();
        var trial = await (await BillingFixture.SubscribeAsync(account, "BASIC", trial: true)).JsonAsync(HttpStatusCode.Created);
        Assert.Equal("trialing", trial.Text("status"));
        await BillingFixture.UntilPlanAsync(account, "BASIC");
        var colleagues = new List<Guid>();
        for (var i = 0; i < 4; i++) colleagues.Add((await account.AddAsync("member")).Id);
        // By choice it is refused, since five are more than three.
        var refused = await (await account.Client.DeleteAsync("/api/v1/billing/subscription")).ProblemAsync(HttpStatusCode.Conflict);
        Assert.Equal("users", refused.GetProperty("over")[0].Text("resource"));

        await billing.BillAsync(account, trial.GetProperty("periodEndsAt").GetDateTimeOffset().AddHours(1), charges: false);
        Assert.Equal("pastDue", (await SubscriptionAsync(account)).Text("status"));
        var invoice = Id(Assert.Single(await BillingFixture.InvoicesAsync(account)));
        for (var step = 2; step <= 4; step++)
        {
            Assert.Equal("BASIC", (await account.Client.ReadAsync("/api/v1/company")).Text("plan"));
            await billing.HurryAsync(account, "billing.retry-payment");
            await billing.UntilAsync($"{step}", $"select dunning_step from invoices where id = '{invoice}'");
        }
        await BillingFixture.UntilPlanAsync(account, "FREE");
        await billing.UntilAsync("4", $"select count(*) from notifications where user_id = '{account.UserId}' and kind = 'billing'");
        await billing.UntilAsync("5", $"select count(*) from users where company_id = '{account.CompanyId}' and deleted_at is null");
        await (await AddAsync(account)).ProblemAsync(HttpStatusCode.Forbidden);
        foreach (var id in colleagues[..2]) Assert.Equal(HttpStatusCode.NoContent, (await account.Client.DeleteAsync($"/api/v1/users/{id}")).StatusCode);
        await (await AddAsync(account)).ProblemAsync(HttpStatusCode.Forbidden);
        Assert.Equal(HttpStatusCode.NoContent, (await account.Client.DeleteAsync($"/api/v1/users/{colleagues[2]}")).StatusCode);
        await (await AddAsync(account)).JsonAsync(HttpStatusCode.Created);

        // What is owed comes first; then a plan can be had again, but no trial.
        await (await BillingFixture.SubscribeAsync(account, "BASIC", TestCards.Succeeds)).ProblemAsync(HttpStatusCode.Conflict);
        await (await BillingFixture.PayAsync(account, invoice, TestCards.Succeeds)).JsonAsync(HttpStatusCode.Created);
        await BillingFixture.UntilInvoiceAsync(account, invoice, "paid");
        Assert.Equal("FREE", (await account.Client.ReadAsync("/api/v1/company")).Text("plan"));
        await (await BillingFixture.SubscribeAsync(account, "BASIC", trial: true)).ProblemAsync(HttpStatusCode.Conflict);
        await (await BillingFixture.SubscribeAsync(account, "BASIC")).JsonAsync(HttpStatusCode.Created);
        await BillingFixture.UntilPlanAsync(account, "BASIC");
    }

    [Fact]
    public async Task A_card_that_is_declined_for_the_next_month_keeps_the_plan_while_it_is_tried_again_and_another_card_ends_that()
    {
        using var account = await billing.SubscribedAsync("PROFESSIONAL");
        var ends = (await SubscriptionAsync(account)).GetProperty("periodEndsAt").GetDateTimeOffset();
        await billing.Api.ExecuteAsync(
            $"update billing_accounts set payment_method = '{TestCards.Declined}' where company_id = '{account.CompanyId}'");
        await billing.BillAsync(account, ends.AddHours(2), charges: false);
        var invoice = Id((await BillingFixture.InvoicesAsync(account))[0]);
        // Each attempt is a payment of its own.
        for (var step = 1; step <= 2; step++)
        {
            await billing.UntilAsync($"{step} {step}", $"""
                select i.dunning_step || ' ' || count(*) from invoices i join payments p on p.invoice_id = i.id
                where i.id = '{invoice}' and p.status = 'failed' group by i.dunning_step
                """);
            await billing.UntilAsync($"{step}", $"""
                select count(*) from notifications where user_id = '{account.UserId}' and kind = 'billing' and body like '%declined%again%'
                """);
            Assert.Equal(("pastDue", "PROFESSIONAL"),
                ((await SubscriptionAsync(account)).Text("status"), (await account.Client.ReadAsync("/api/v1/company")).Text("plan")));
            if (step == 1) await billing.HurryAsync(account, "billing.retry-payment");
        }
        await (await BillingFixture.PayAsync(account, invoice, TestCards.Succeeds)).JsonAsync(HttpStatusCode.Created);
        await BillingFixture.UntilInvoiceAsync(account, invoice, "paid");
        Assert.Equal("active", (await SubscriptionAsync(account)).Text("status"));
    }

    [Fact]
    public async Task The_next_month_waits_for_a_larger_plan_that_is_being_paid_and_has_its_price()
    {
        using var account = await billing.SubscribedAsync("BASIC");
        var ends = (await SubscriptionAsync(account)).GetProperty("periodEndsAt").GetDateTimeOffset();
        await (await BillingFixture.SubscribeAsync(account, "PROFESSIONAL", TestCards.Silent)).JsonAsync(HttpStatusCode.Created);
        await billing.BillAsync(account, ends.AddHours(2), charges: false);
        Assert.Equal(2, (await BillingFixture.InvoicesAsync(account)).Length);
        Assert.Equal(ends, (await SubscriptionAsync(account)).GetProperty("periodEndsAt").GetDateTimeOffset());

        await Poll.UntilAsync(async () =>
        {
            await billing.HurryAsync(account, "billing.follow-payment");
            Assert.Equal("PROFESSIONAL", (await account.Client.ReadAsync("/api/v1/company")).Text("plan"));
        }, seconds: 30);
        await billing.BillAsync(account, ends.AddDays(1), charges: false);
        var invoices = await BillingFixture.InvoicesAsync(account);
        Assert.Equal((3, 9900), (invoices.Length, invoices[0].GetProperty("totalMinor").GetInt64()));
    }

    [Fact]
    public async Task A_smaller_plan_gives_the_rest_of_the_month_back_as_credit_which_the_next_invoice_takes()
    {
        using var account = await billing.SubscribedAsync("ENTERPRISE");
        var ends = (await SubscriptionAsync(account)).GetProperty("periodEndsAt").GetDateTimeOffset();
        await (await account.Client.PutAsJsonAsync("/api/v1/company/plan", new { plan = "BASIC" })).JsonAsync(HttpStatusCode.OK);
        var invoice = await BillingFixture.InvoiceAsync(account, Id((await BillingFixture.InvoicesAsync(account))[0]));
        var note = Assert.Single(invoice.Items("creditNotes"));
        var credit = note.GetProperty("amountMinor").GetInt64();
        Assert.Equal(Proration.Of(49900 - 2900, note.GetProperty("createdAt").GetDateTimeOffset(), ends), credit);

        Assert.Equal(HttpStatusCode.NoContent, (await account.Client.DeleteAsync("/api/v1/billing/subscription")).StatusCode);
        await BillingFixture.UntilPlanAsync(account, "FREE");
        invoice = await BillingFixture.InvoiceAsync(account, Id(invoice));
        Assert.Equal([2, 1], invoice.Items("creditNotes").Select(n => n.GetProperty("number").GetInt32()));
        var all = invoice.Items("creditNotes").Sum(n => n.GetProperty("amountMinor").GetInt64());
        Assert.InRange(all, credit, invoice.GetProperty("totalMinor").GetInt64());

        await billing.UsePacksAsync(account, 1);
        await billing.BillAsync(account, DateTimeOffset.UtcNow);
        var next = (await BillingFixture.InvoicesAsync(account))[0];
        Assert.Equal((400, Math.Min(400, all)), (next.GetProperty("totalMinor").GetInt64(), next.GetProperty("creditMinor").GetInt64()));
        await billing.UntilAsync($"{all - Math.Min(400, all)}", $"select credit_minor from billing_accounts where company_id = '{account.CompanyId}'");
    }

    private static Task<JsonElement> SubscriptionAsync(Account account) => account.Client.ReadAsync("/api/v1/billing/subscription");

    private static Task<HttpResponseMessage> AddAsync(Account account) => account.Client.PostJsonAsync(
        "/api/v1/users", new { email = Account.NewEmail(), password = Account.Password, role = "member" });

    private static Guid Id(JsonElement resource) => PracticeSupport.Id(resource);
}
