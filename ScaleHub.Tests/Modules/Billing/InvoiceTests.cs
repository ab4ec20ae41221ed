using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using ScaleHub.Modules.Billing.Gateways;
using ScaleHub.Testing;

namespace ScaleHub.Tests.Modules.Billing;

/// <summary>What is on an invoice, what is taken back of it, and how it is printed.</summary>
[Collection(BillingTests.Name)]
public sealed class InvoiceTests(BillingFixture billing)
{
    [Fact]
    public async Task A_month_is_invoiced_once_and_a_late_charge_is_in_the_next_invoice()
    {
        using var account = await billing.Api.RegisterAsync();
        await account.Client.OpenPackAsync();
        var invoice = await BillingFixture.InvoiceAsync(account, await billing.InvoicedAsync(account, packs: 2));
        Assert.Equal((1, BillingFixture.LastMonth, 800), (invoice.GetProperty("number").GetInt32(), invoice.GetProperty("month").GetInt32(),
            invoice.GetProperty("totalMinor").GetInt32()));
        Assert.Equal("Pack of cards 2 400 800", string.Join('\n', invoice.Items("lines").Select(l =>
            $"{l.Text("description")} {l.GetProperty("quantity")} {l.GetProperty("unitPriceMinor")} {l.GetProperty("amountMinor")}")));

        await billing.UsePacksAsync(account, 1);
        await billing.BillAsync(account, DateTimeOffset.UtcNow);
        Assert.Single(await BillingFixture.InvoicesAsync(account));
        // The pack of this month, and the late one.
        await billing.BillAsync(account, DateTimeOffset.UtcNow.AddMonths(1));
        var invoices = await BillingFixture.InvoicesAsync(account);
        Assert.Equal([800, 800], invoices.Select(i => i.GetProperty("totalMinor").GetInt32()));
        var charges = (await account.Client.ReadAsync("/api/v1/billing/charges")).Items();
        Assert.Equal([2, 2], charges.GroupBy(c => c.GetProperty("invoiceId").GetGuid()).Select(g => g.Count()));
        Assert.Equal(4, (await account.Client.ReadAsync($"/api/v1/billing/charges?month={DateTime.UtcNow:yyyy-MM}")).Items().Length);
        foreach (var month in new[] { "2026-13", "202611", "x", "9999-12" })
            await (await account.Client.GetAsync($"/api/v1/billing/charges?month={month}")).ProblemAsync(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Credit_notes_never_exceed_the_invoice_and_a_repeated_request_makes_no_second()
    {
        using var account = await billing.Api.RegisterAsync();
        var invoice = await billing.InvoicedAsync(account, packs: 3);
        using var client = billing.Api.CreateClient();
        client.DefaultRequestHeaders.Authorization = new("Bearer", await account.OperatorAsync(billing.Api.Database.Owner));
        var path = $"/api/admin/invoices/{account.CompanyId}/{invoice}/credit-notes";

        var first = await (await client.PostOnceAsync(path, "once", Body(200))).JsonAsync(HttpStatusCode.Created);
        // As after a crash between the note and the record of the key.
        await billing.Api.ExecuteAsync("delete from idempotency_keys");
        Assert.Equal(first.ToString(), (await (await client.PostOnceAsync(path, "once", Body(200))).JsonAsync(HttpStatusCode.Created)).ToString());
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => client.PostOnceAsync(path, $"at-once-{i}", Body(300))));
        Assert.Equal(3, answers.Count(a => a.StatusCode == HttpStatusCode.Created));
        Assert.All(answers.Where(a => a.StatusCode != HttpStatusCode.Created), a => Assert.Equal(HttpStatusCode.Conflict, a.StatusCode));
        var open = await BillingFixture.InvoiceAsync(account, invoice);
        Assert.Equal(("open", 1200, 1100), (open.Text("status"), open.GetProperty("totalMinor").GetInt32(), open.GetProperty("creditMinor").GetInt32()));
        Assert.Equal([1, 2, 3, 4], open.Items("creditNotes").Select(n => n.GetProperty("number").GetInt32()).Order());

        await (await client.PostOnceAsync(path, "rest", Body(100))).JsonAsync(HttpStatusCode.Created);
        Assert.Equal("paid", (await BillingFixture.InvoiceAsync(account, invoice)).Text("status"));
        await (await client.PostOnceAsync(path, "more", Body(1))).ProblemAsync(HttpStatusCode.Conflict);
        foreach (var amount in new long[] { 0, -1, long.MaxValue })
            await (await client.PostOnceAsync(path, $"{amount}", Body(amount))).ProblemAsync(HttpStatusCode.BadRequest);
        Assert.Equal(HttpStatusCode.NotFound, (await client.PostOnceAsync(
            $"/api/admin/invoices/{Guid.NewGuid()}/{invoice}/credit-notes", "other", Body(1))).StatusCode);

        static string Body(long amount) => $$"""{"amountMinor":{{amount}},"reason":"Spoilt <b>"}""";
    }

    [Fact]
    public async Task What_was_paid_and_is_taken_back_pays_the_next_invoice()
    {
        using var account = await billing.Api.RegisterAsync();
        var invoice = await billing.InvoicedAsync(account, packs: 2);
        await (await BillingFixture.PayAsync(account, invoice, TestCards.Succeeds)).JsonAsync(HttpStatusCode.Created);
        await BillingFixture.UntilInvoiceAsync(account, invoice, "paid");
        using var client = billing.Api.CreateClient();
        client.DefaultRequestHeaders.Authorization = new("Bearer", await account.OperatorAsync(billing.Api.Database.Owner));
        await (await client.PostOnceAsync($"/api/admin/invoices/{account.CompanyId}/{invoice}/credit-notes", "k",
            """{"amountMinor":500,"reason":"Spoilt"}""")).JsonAsync(HttpStatusCode.Created);

        await billing.UsePacksAsync(account, 2);
        await billing.BillAsync(account, DateTimeOffset.UtcNow.AddMonths(1));
        var next = PracticeSupport.Id((await BillingFixture.InvoicesAsync(account))[0]);
        // The rest by the card that is kept, without anybody asking.
        await BillingFixture.UntilInvoiceAsync(account, next, "paid");
        Assert.Equal([300], (await BillingFixture.InvoiceAsync(account, next)).Items("payments").Select(p => p.GetProperty("amountMinor").GetInt32()));
    }

    [Fact]
    public async Task An_invoice_is_a_page_whose_policy_allows_its_own_style_alone_and_that_shows_names_as_they_are()
    {
        using var account = await billing.Api.RegisterAsync();
        (await account.Client.PatchAsJsonAsync("/api/v1/company", new { name = "<script>alert(1)</script> & Söhne" })).EnsureSuccessStatusCode();
        var invoice = await billing.InvoicedAsync(account, packs: 3);
        using var response = await account.Client.GetAsync($"/api/v1/billing/invoices/{invoice}/page");
        var page = await response.Content.ReadAsStringAsync();
        Assert.Equal("text/html", response.Content.Headers.ContentType?.MediaType);
        Assert.Contains("&lt;script&gt;alert(1)&lt;/script&gt; &amp; S", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", page, StringComparison.Ordinal);
        Assert.Contains("12.00 EUR", page, StringComparison.Ordinal);
        var policy = Assert.Single(response.Headers.GetValues("Content-Security-Policy"));
        Assert.StartsWith("default-src 'none'; style-src 'sha256-", policy, StringComparison.Ordinal);
        var style = Regex.Match(page, "<style>(.*)</style>", RegexOptions.Singleline).Groups[1].Value;
        var hash = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(style)));
        Assert.Contains(hash, policy, StringComparison.Ordinal);
    }
}
