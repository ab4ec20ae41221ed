using System.Text.Json;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Secrets;
using ScaleHub.Core.Platform.Tenancy;

namespace ScaleHub.Modules.Billing.Gateways;

/// <summary>
/// A provider that collects no money. What happens is told by the card (<see cref="TestCards"/>) and by nothing else, so that
/// any number of programs play the same provider: a payment that is started twice is the same payment, with the same
/// reference. Its call-backs are jobs.
/// </summary>
public sealed class SimulatedGateway(IServiceScopeFactory scopes, SecretBox secrets, TimeProvider time) : IPaymentGateway
{
    private static readonly TimeSpan Late = TimeSpan.FromMinutes(1);
    private readonly byte[] _key = secrets.KeyFor("billing.simulated-gateway");

    /// <inheritdoc/>
    public string Name => "simulated";

    /// <inheritdoc/>
    public async Task<GatewayAnswer> StartAsync(PaymentOrder order, CancellationToken cancellationToken)
    {
        if (order.Method == TestCards.Lost && order.Attempt == 1) throw new TimeoutException("The provider did not answer.");
        if (order.Method == TestCards.TimesOut) throw new TimeoutException("The provider did not answer.");
        if (order.Method != TestCards.Silent) await CallBackLaterAsync(order, cancellationToken);
        return new(Reference(order), PaymentState.Pending);
    }

    /// <inheritdoc/>
    public Task<GatewayAnswer?> FindAsync(PaymentOrder order, CancellationToken cancellationToken)
        => Task.FromResult(order.Method switch
        {
            TestCards.Lost when order.Attempt <= 2 => null,
            TestCards.Late => new GatewayAnswer(Reference(order), PaymentState.Pending),
            _ => Outcome(order),
        });

    /// <inheritdoc/>
    public PaymentCallback? Read(ReadOnlySpan<byte> body, string? signature, DateTimeOffset now)
    {
        if (!PaymentSignature.IsGenuine(_key, body, signature, now)) return null;
        try
        {
            return JsonSerializer.Deserialize<PaymentCallback>(body, JsonSerializerOptions.Web);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>A call-back as the provider sends it.</summary>
    internal (byte[] Body, string Signature) Write(PaymentCallback callback)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(callback, JsonSerializerOptions.Web);
        return (body, PaymentSignature.Sign(_key, body, time.GetUtcNow()));
    }

    /// <summary>How a payment ends.</summary>
    internal static GatewayAnswer Outcome(PaymentOrder order) => order.Method switch
    {
        TestCards.Declined => new(Reference(order), PaymentState.Failed, "The card was declined."),
        TestCards.Succeeds or TestCards.TimesOut or TestCards.Lost or TestCards.Late or TestCards.Silent or TestCards.Duplicate
            => new(Reference(order), PaymentState.Succeeded),
        _ => new(Reference(order), PaymentState.Failed, "There is no such card."),
    };

    private static string Reference(PaymentOrder order) => $"sim_{order.PaymentId:N}";

    // In a unit of work of its own: what the provider does does not depend on what becomes of the caller.
    private async Task CallBackLaterAsync(PaymentOrder order, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateScopeOf(order.CompanyId);
        var due = order.Method == TestCards.Late ? time.GetDatabaseNow() + Late : (DateTimeOffset?)null;
        for (var i = 0; i < (order.Method == TestCards.Duplicate ? 5 : 1); i++)
            scope.ServiceProvider.GetRequiredService<JobQueue>().Add(new SimulatedCallback(order), new() { DueAt = due });
        await scope.ServiceProvider.GetRequiredService<ScaleHubDb>().SaveChangesAsync(cancellationToken);
    }
}

/// <summary>The cards that the simulated provider knows.</summary>
public static class TestCards
{
    /// <summary>Is charged; a call-back says so.</summary>
    public const string Succeeds = "card-succeeds";

    /// <summary>Is not charged; a call-back says so.</summary>
    public const string Declined = "card-declined";

    /// <summary>Is charged, but the answer never comes, and no call-back either: only asking tells.</summary>
    public const string TimesOut = "card-times-out";

    /// <summary>The first request never arrives at the provider; the second one charges it.</summary>
    public const string Lost = "card-lost";

    /// <summary>Is charged; the call-back comes a minute later, and until then the provider says that it is at work.</summary>
    public const string Late = "card-late";

    /// <summary>Is charged; no call-back comes.</summary>
    public const string Silent = "card-silent";

    /// <summary>Is charged; the call-back comes five times.</summary>
    public const string Duplicate = "card-duplicate";
}

/// <summary>A call-back of the simulated provider, on its way.</summary>
/// <param name="Order">The payment it is about.</param>
public sealed record SimulatedCallback(PaymentOrder Order) : IJob
{
    /// <inheritdoc/>
    public static string Kind => "billing.simulated-callback";

    /// <summary>Outside a transaction, as from another machine.</summary>
    public static JobPolicy Policy { get; } = new() { InTransaction = false, CanBeCancelled = false, Timeout = TimeSpan.FromMinutes(1) };
}

internal sealed class SimulatedCallbackHandler(CallbackReceiver receiver, SimulatedGateway gateway)
    : IJobHandler<SimulatedCallback>
{
    public async Task HandleAsync(SimulatedCallback job, JobRun run, CancellationToken cancellationToken)
    {
        var order = job.Order;
        var (body, signature) = gateway.Write(
            new(order.CompanyId, order.PaymentId, order.AmountMinor, order.Currency, SimulatedGateway.Outcome(order)));
        await receiver.ReceiveAsync(body, signature, cancellationToken);
    }
}
