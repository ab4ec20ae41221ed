using System.Net;
using Microsoft.Extensions.DependencyInjection;
using ScaleHub.Modules.Billing;
using ScaleHub.Modules.Billing.Gateways;
using ScaleHub.Testing;

namespace ScaleHub.Tests.Modules.Billing;

/// <summary>An invoice is paid once, whatever the provider says how often and when.</summary>
[Collection(BillingTests.Name)]
public sealed class PaymentTests(BillingFixture billing)
{
    [Fact]
    public async Task A_call_back_that_is_delivered_five_times_in_any_order_pays_once_and_the_first_end_holds()
    {
        using var account = await billing.Api.RegisterAsync();
        var invoice = await billing.InvoicedAsync(account);
        var payment = PracticeSupport.Id(await (await BillingFixture.PayAsync(account, invoice, TestCards.Silent)).JsonAsync(HttpStatusCode.Created));
        var (pending, succeeded, failed) = (Callback(PaymentState.Pending), Callback(PaymentState.Succeeded), Callback(PaymentState.Failed));

        await AssertAnswersAsync(HttpStatusCode.NoContent, pending);
        var answers = await Task.WhenAll(new[] { succeeded, pending, succeeded, pending, succeeded, succeeded, succeeded, pending }.Select(SendAsync));
        Assert.All(answers, status => Assert.Equal(HttpStatusCode.NoContent, status));
        var paid = await BillingFixture.InvoiceAsync(account, invoice);
        Assert.Equal("paid", paid.Text("status"));
        Assert.Equal("succeeded", Assert.Single(paid.Items("payments")).Text("status"));
        await AssertAnswersAsync(HttpStatusCode.Conflict, failed);
        await AssertAnswersAsync(HttpStatusCode.NoContent, succeeded);
        Assert.Equal(paid.ToString(), (await BillingFixture.InvoiceAsync(account, invoice)).ToString());

        PaymentCallback Callback(PaymentState state)
            => new(account.CompanyId, payment, 1200, "EUR", new($"sim_{payment:N}", state, state == PaymentState.Failed ? "No." : null));
    }

    [Fact]
    public async Task A_follow_up_that_is_dead_asks_the_provider_once_more_when_it_is_redriven()
    {
        using var account = await billing.Api.RegisterAsync();
        var invoice = await billing.InvoicedAsync(account);
        var payment = PracticeSupport.Id(await (await BillingFixture.PayAsync(account, invoice, TestCards.Silent)).JsonAsync(HttpStatusCode.Created));
        // The provider never called back, and says now that the payment succeeded.
        await billing.Api.ExecuteAsync($"update payments set payment_method = '{TestCards.Succeeds}' where id = '{payment}'");
        await billing.AddAsync(account, new FollowPayment(payment, FollowPayment.MostAttempts + 1));
        await BillingFixture.UntilInvoiceAsync(account, invoice, "paid");
    }

    [Fact]
    public async Task What_the_provider_has_not_signed_or_says_of_another_payment_changes_nothing()
    {
        using var account = await billing.Api.RegisterAsync();
        var invoice = await billing.InvoicedAsync(account);
        var payment = PracticeSupport.Id(await (await BillingFixture.PayAsync(account, invoice, TestCards.Silent)).JsonAsync(HttpStatusCode.Created));
        var genuine = new PaymentCallback(account.CompanyId, payment, 1200, "EUR", new("sim", PaymentState.Succeeded));
        var (body, signature) = billing.Provider.Write(genuine);

        foreach (var other in new[] { null, "", "t=,v1=", "t=1,v1=00", "v1=" + signature, signature + ",v1=00", signature.Replace("v1=", "v0=", StringComparison.Ordinal),
            signature[..^1] + (signature[^1] == '0' ? '1' : '0'), signature.Replace("t=", "t=1", StringComparison.Ordinal), signature + new string('0', 5000) })
            Assert.Equal(HttpStatusCode.BadRequest, await PostAsync(body, other));
        body[^2] ^= 1;
        Assert.Equal(HttpStatusCode.BadRequest, await PostAsync(body, signature));
        Assert.Equal(HttpStatusCode.BadRequest, await PostAsync([], signature));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, await PostAsync(new byte[16 * 1024 + 1], signature));

        await AssertAnswersAsync(HttpStatusCode.Conflict, genuine with { AmountMinor = 1 }, genuine with { Currency = "USD" });
        await AssertAnswersAsync(HttpStatusCode.NotFound, genuine with { PaymentId = Guid.NewGuid() }, genuine with { CompanyId = Guid.NewGuid() });
        Assert.Equal("open", (await BillingFixture.InvoiceAsync(account, invoice)).Text("status"));
        await AssertAnswersAsync(HttpStatusCode.NoContent, genuine);
        Assert.Equal("paid", (await BillingFixture.InvoiceAsync(account, invoice)).Text("status"));
    }

    [Fact]
    public void A_signature_is_worth_nothing_five_minutes_later()
    {
        var (key, body, now) = (new byte[32], "{}"u8.ToArray(), DateTimeOffset.UtcNow);
        var signature = PaymentSignature.Sign(key, body, now);
        Assert.True(PaymentSignature.IsGenuine(key, body, signature, now.AddMinutes(4)));
        Assert.False(PaymentSignature.IsGenuine(key, body, signature, now.AddMinutes(6)));
        Assert.False(PaymentSignature.IsGenuine(key, body, signature, now.AddMinutes(-6)));
        Assert.False(PaymentSignature.IsGenuine([1], body, signature, now));
    }

    [Fact]
    public async Task In_Production_no_card_is_simulated_unless_somebody_has_asked_for_it()
    {
        // A host is in Production when nobody says otherwise.
        await using var host = await PlatformHost.StartAsync(billing.Api.Database);
        var gateway = host.Services.GetRequiredService<IPaymentGateway>();
        var order = new PaymentOrder(Guid.NewGuid(), Guid.NewGuid(), 1, "EUR", TestCards.Succeeds, 1);
        Assert.Equal(PaymentState.Failed, (await gateway.StartAsync(order, CancellationToken.None)).State);
        var (body, signature) = billing.Provider.Write(new(order.CompanyId, order.PaymentId, 1, "EUR", new("sim", PaymentState.Succeeded)));
        Assert.Null(gateway.Read(body, signature, DateTimeOffset.UtcNow));
    }

    [Theory]
    [InlineData(TestCards.Succeeds)]
    [InlineData(TestCards.Duplicate)]
    [InlineData(TestCards.TimesOut)]
    [InlineData(TestCards.Lost)]
    [InlineData(TestCards.Silent)]
    [InlineData(TestCards.Late)]
    public async Task However_the_provider_answers_there_is_one_payment_and_it_pays(string card)
    {
        using var account = await billing.Api.RegisterAsync();
        var invoice = await billing.InvoicedAsync(account);
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => BillingFixture.PayAsync(account, invoice, card)));
        Assert.Single(answers, a => a.StatusCode == HttpStatusCode.Created);
        await Poll.UntilAsync(async () =>
        {
            await billing.HurryAsync(account, "billing.follow-payment");
            await billing.HurryAsync(account, "billing.simulated-callback");
            Assert.Equal("paid", (await BillingFixture.InvoiceAsync(account, invoice)).Text("status"));
        }, seconds: 30);
        Assert.Single((await BillingFixture.InvoiceAsync(account, invoice)).Items("payments"));
        await (await BillingFixture.PayAsync(account, invoice, card)).ProblemAsync(HttpStatusCode.Conflict);
    }

    [Fact]
    public async Task A_declined_payment_by_hand_can_be_tried_with_another_card_and_strangers_see_nothing()
    {
        using var account = await billing.Api.RegisterAsync();
        using var stranger = await billing.Api.RegisterAsync();
        var invoice = await billing.InvoicedAsync(account);
        await (await account.Client.PostJsonAsync($"/api/v1/billing/invoices/{invoice}/payments", new { })).ProblemAsync(HttpStatusCode.BadRequest);
        await (await account.Client.PostOnceAsync($"/api/v1/billing/invoices/{invoice}/payments", "k", "{}")).ProblemAsync(HttpStatusCode.Conflict);
        Assert.Equal(HttpStatusCode.NotFound, (await BillingFixture.PayAsync(stranger, invoice, TestCards.Succeeds)).StatusCode);
        foreach (var path in new[] { "", "/page" })
            Assert.Equal(HttpStatusCode.NotFound, (await stranger.Client.GetAsync($"/api/v1/billing/invoices/{invoice}{path}")).StatusCode);

        await (await BillingFixture.PayAsync(account, invoice, TestCards.Declined)).JsonAsync(HttpStatusCode.Created);
        await Poll.UntilAsync(async () => Assert.Equal("The card was declined.",
            (await BillingFixture.InvoiceAsync(account, invoice)).Items("payments")[0].Text("failure")));
        Assert.Equal("open", (await BillingFixture.InvoiceAsync(account, invoice)).Text("status"));
        await (await BillingFixture.PayAsync(account, invoice, TestCards.Succeeds)).JsonAsync(HttpStatusCode.Created);
        await BillingFixture.UntilInvoiceAsync(account, invoice, "paid");
    }

    private async Task AssertAnswersAsync(HttpStatusCode expected, params PaymentCallback[] callbacks)
    {
        foreach (var callback in callbacks) Assert.Equal(expected, await SendAsync(callback));
    }

    private Task<HttpStatusCode> SendAsync(PaymentCallback callback)
    {
        var (body, signature) = billing.Provider.Write(callback);
        return PostAsync(body, signature);
    }

    private async Task<HttpStatusCode> PostAsync(byte[] body, string? signature)
    {
        using var client = billing.Api.CreateClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/payments/callback") { Content = new ByteArrayContent(body) };
        if (signature is not null) request.Headers.TryAddWithoutValidation(PaymentSignature.Header, signature);
        using var response = await client.SendAsync(request);
        return response.StatusCode;
    }
}
