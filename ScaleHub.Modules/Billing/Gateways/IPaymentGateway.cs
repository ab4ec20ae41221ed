namespace ScaleHub.Modules.Billing.Gateways;

/// <summary>
/// A payment provider. It is told of a payment by the payment's identifier, which is its idempotency key: however often it is
/// asked to start one, it charges the card once (docs.stripe.com/api/idempotent_requests has the same).
/// </summary>
public interface IPaymentGateway
{
    /// <summary>Its name in the table of payments, 1 to 64 characters.</summary>
    string Name { get; }

    /// <summary>Asks the provider to charge a card.</summary>
    /// <returns>What the provider knows now; often only that it is at work, and a call-back says how it ended.</returns>
    /// <exception cref="TimeoutException">
    /// No answer came: the card may have been charged or not. <see cref="FindAsync"/> tells, later.
    /// </exception>
    Task<GatewayAnswer> StartAsync(PaymentOrder order, CancellationToken cancellationToken);

    /// <summary>Asks the provider how a payment stands.</summary>
    /// <returns>Null: the provider has never heard of it.</returns>
    /// <exception cref="TimeoutException">No answer came.</exception>
    Task<GatewayAnswer?> FindAsync(PaymentOrder order, CancellationToken cancellationToken);

    /// <summary>Reads a call-back.</summary>
    /// <param name="body">The body as it came.</param>
    /// <param name="signature">The header <see cref="PaymentSignature.Header"/>; null when there was none.</param>
    /// <param name="now">A call-back that was signed long before or after is not genuine.</param>
    /// <returns>Null: the provider has not signed it, or not lately.</returns>
    PaymentCallback? Read(ReadOnlySpan<byte> body, string? signature, DateTimeOffset now);
}

/// <summary>What a provider is asked to collect.</summary>
/// <param name="CompanyId">Who pays; comes back in the call-back.</param>
/// <param name="PaymentId">The payment: the idempotency key.</param>
/// <param name="AmountMinor">In minor units.</param>
/// <param name="Currency">ISO 4217.</param>
/// <param name="Method">The provider's name for the card.</param>
/// <param name="Attempt">From 1: how often the provider was or is asked about it.</param>
public sealed record PaymentOrder(Guid CompanyId, Guid PaymentId, long AmountMinor, string Currency, string Method, int Attempt);

/// <summary>How a payment stands with the provider.</summary>
/// <param name="Reference">The provider's name for it, 1 to 200 characters.</param>
/// <param name="State">How it stands.</param>
/// <param name="Failure">Why it failed, for the company; at most 200 characters.</param>
public sealed record GatewayAnswer(string Reference, PaymentState State, string? Failure = null);

/// <summary>What a provider tells by itself, possibly several times, late, and in any order.</summary>
/// <param name="CompanyId">Who pays.</param>
/// <param name="PaymentId">The payment.</param>
/// <param name="AmountMinor">What was collected or not, in minor units.</param>
/// <param name="Currency">ISO 4217.</param>
/// <param name="Answer">How it stands.</param>
public sealed record PaymentCallback(Guid CompanyId, Guid PaymentId, long AmountMinor, string Currency, GatewayAnswer Answer);
