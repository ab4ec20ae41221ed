using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Modules.Billing.Gateways;

namespace ScaleHub.Modules.Billing;

/// <summary>What became of a call-back.</summary>
public enum CallbackOutcome
{
    /// <summary>The payment is as the provider says, now or since before.</summary>
    Applied,

    /// <summary>The provider has not signed it, or not lately.</summary>
    NotGenuine,

    /// <summary>There is no such payment.</summary>
    NoSuchPayment,

    /// <summary>The payment is another amount, or ended otherwise before. Nothing was changed; a person must look.</summary>
    Contradiction,
}

/// <summary>
/// Takes what a payment provider tells by itself. Whoever it is about is in the signed body.
/// <para>Guarantee: a call-back that comes again, late, or after another one changes nothing more than the first that told
/// how the payment ended.</para>
/// </summary>
public sealed class CallbackReceiver(
    IServiceScopeFactory scopes, IPaymentGateway gateway, TimeProvider time, ILogger<CallbackReceiver> logger)
{
    /// <summary>Checks and applies one.</summary>
    /// <param name="body">As it came.</param>
    /// <param name="signature">The header <c>Payment-Signature</c>.</param>
    /// <param name="cancellationToken">Ends the wait for the database.</param>
    public async Task<CallbackOutcome> ReceiveAsync(
        ReadOnlyMemory<byte> body, string? signature, CancellationToken cancellationToken)
    {
        if (gateway.Read(body.Span, signature, time.GetUtcNow()) is not { Answer: not null } callback)
            return CallbackOutcome.NotGenuine;
        await using var scope = scopes.CreateScopeOf(callback.CompanyId);
        var applied = await scope.ServiceProvider.GetRequiredService<BillingWork>().ApplyAsync(callback, cancellationToken);
        if (applied == Applied.Contradiction)
            logger.LogError("The call-back for payment {PaymentId} of company {CompanyId} contradicts the stored payment: "
                + "it says {State} with {AmountMinor} {Currency}", callback.PaymentId, callback.CompanyId, callback.Answer.State,
                callback.AmountMinor, callback.Currency);
        return applied switch
        {
            Applied.Done => CallbackOutcome.Applied,
            Applied.NoSuchPayment => CallbackOutcome.NoSuchPayment,
            _ => CallbackOutcome.Contradiction,
        };
    }
}
