using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Modules.Billing.Gateways;

namespace ScaleHub.Modules.Billing;

/// <summary>
/// Asks the provider to start a payment, and from then on how it stands, until it has ended or a call-back has said so.
/// <para>Guarantee: a card is charged once for a payment. Whatever is not known, because the provider or the worker was gone
/// at that moment, is asked for; and what is started again has the same idempotency key.</para>
/// </summary>
/// <param name="PaymentId">The payment.</param>
/// <param name="Attempt">From 1. The first starts it.</param>
public sealed record FollowPayment(Guid PaymentId, int Attempt) : IJob
{
    /// <summary>At an attempt every six hours: about two weeks. Then the job is dead, and an operator asks the
    /// provider.</summary>
    internal const int MostAttempts = 60;

    /// <inheritdoc/>
    public static string Kind => "billing.follow-payment";

    /// <summary>Outside a transaction: a connection must not wait for a provider.</summary>
    public static JobPolicy Policy { get; } = new()
    {
        InTransaction = false,
        CanBeCancelled = false,
        Timeout = TimeSpan.FromMinutes(2),
    };

    /// <summary>When to ask again: mostly the call-back is faster than the first.</summary>
    internal static TimeSpan WaitAfter(int attempt) => attempt switch
    {
        1 => TimeSpan.FromSeconds(10),
        2 => TimeSpan.FromMinutes(1),
        3 => TimeSpan.FromMinutes(10),
        4 => TimeSpan.FromHours(1),
        _ => TimeSpan.FromHours(6),
    };
}

internal sealed class FollowPaymentHandler(BillingWork work) : IJobHandler<FollowPayment>
{
    public async Task HandleAsync(FollowPayment job, JobRun run, CancellationToken cancellationToken)
    {
        var db = work.Db;
        var payment = await db.Payments.AsNoTracking().SingleOrDefaultAsync(p => p.Id == job.PaymentId, cancellationToken);
        if (payment is not { Status: PaymentState.Pending }) return;
        if (await AskAsync(payment, job.Attempt, cancellationToken) is { } answer)
        {
            await work.ApplyAsync(
                new(payment.CompanyId, payment.Id, payment.AmountMinor, payment.Currency, answer), cancellationToken);
            if (answer.State != PaymentState.Pending) return;
        }
        // After the provider was asked, not before: when an operator redrives the dead job, the provider is asked once more.
        if (job.Attempt > FollowPayment.MostAttempts)
            throw new JobFailedException("The payment provider has not said how the payment ended.");
        // Once, even if this run is repeated.
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await work.Queue.AddOnceAsync(job with { Attempt = job.Attempt + 1 }, $"payment {job.PaymentId} {job.Attempt + 1}",
            new() { DueAt = work.Now + FollowPayment.WaitAfter(job.Attempt) }, cancellationToken);
        await transaction.CommitAsync(CancellationToken.None);
    }

    private async Task<GatewayAnswer?> AskAsync(Payment payment, int attempt, CancellationToken cancellationToken)
    {
        var order = new PaymentOrder(
            payment.CompanyId, payment.Id, payment.AmountMinor, payment.Currency, payment.PaymentMethod, attempt);
        try
        {
            var known = attempt > 1 ? await work.Gateway.FindAsync(order, cancellationToken) : null;
            return known ?? await work.Gateway.StartAsync(order, cancellationToken);
        }
        catch (TimeoutException)
        {
            // The card may have been charged: the next run asks.
            return null;
        }
    }
}
