namespace ScaleHub.Modules.Billing.Gateways;

/// <summary>Stands where nobody has set up a provider: every payment fails at once, and says why.</summary>
public sealed class NoGateway : IPaymentGateway
{
    /// <inheritdoc/>
    public string Name => "none";

    /// <inheritdoc/>
    public Task<GatewayAnswer> StartAsync(PaymentOrder order, CancellationToken cancellationToken)
        => Task.FromResult(new GatewayAnswer("none", PaymentState.Failed, "Payments are not set up on this system."));

    /// <inheritdoc/>
    public Task<GatewayAnswer?> FindAsync(PaymentOrder order, CancellationToken cancellationToken) => Task.FromResult<GatewayAnswer?>(null);

    /// <inheritdoc/>
    public PaymentCallback? Read(ReadOnlySpan<byte> body, string? signature, DateTimeOffset now) => null;
}
