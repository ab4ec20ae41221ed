using System.Diagnostics.Metrics;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Modules.Identity;
using ScaleHub.Modules.Notifications;

namespace ScaleHub.Modules.Webhooks;

/// <summary>
/// Sends one delivery.
/// <para>Guarantee: it is sent until the receiver answers with a status from 200 to 299, nine times in 23 hours at most; then it
/// is given up. The receiver gets it once, unless the worker ends between the answer and its own commit; the repetition has the
/// same <c>webhook-id</c>. A receiver that does not answer is left alone for half a minute, in which other deliveries to it fail
/// at once, so that it does not keep the worker's slots busy; the last attempt is always a real one.</para>
/// </summary>
/// <param name="DeliveryId">The delivery.</param>
public sealed record DeliverWebhook(Guid DeliveryId) : IJob
{
    /// <summary>One less than the queue allows: a worker that dies in the last attempt leaves one to write how it ended.</summary>
    internal const int LastAttempt = JobPolicy.MaxAttempts - 1;

    private static readonly TimeSpan[] Waits =
    [
        TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(15),
        TimeSpan.FromHours(1), TimeSpan.FromHours(3), TimeSpan.FromHours(7), TimeSpan.FromHours(12),
    ];

    /// <inheritdoc/>
    public static string Kind => "webhooks.deliver";

    /// <summary>Outside a transaction: a connection must not wait for somebody else's server.</summary>
    public static JobPolicy Policy { get; } = new()
    {
        InTransaction = false,
        CanBeCancelled = false,
        Timeout = TimeSpan.FromMinutes(2),
        Backoff = attempt => Waits[Math.Min(attempt, Waits.Length) - 1],
    };
}

internal sealed class DeliverWebhookHandler(
    ScaleHubDb db, JobQueue queue, WebhookSender sender, WantedEvents wanted, WebhookMetrics metrics, TimeProvider time)
    : IJobHandler<DeliverWebhook>
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(30);

    public async Task HandleAsync(DeliverWebhook job, JobRun run, CancellationToken cancellationToken)
    {
        var delivery = await db.WebhookDeliveries.AsNoTracking()
            .SingleOrDefaultAsync(d => d.Id == job.DeliveryId, cancellationToken);
        // One that is over was ended by a run whose worker died before the queue knew.
        if (delivery is not { State: DeliveryState.Pending }) return;
        var webhook = await db.Webhooks.AsNoTracking().SingleOrDefaultAsync(w => w.Id == delivery.WebhookId, cancellationToken);
        if (webhook is not { Disabled: null })
        {
            // Not audited: the log of deliveries.
            await Pending(delivery).ExecuteUpdateAsync(
                set => set.SetProperty(d => d.State, DeliveryState.Failed)
                    .SetProperty(d => d.Error, "The webhook was switched off or deleted."), cancellationToken);
            return;
        }
        var isLast = run.Attempt >= DeliverWebhook.LastAttempt;
        if (webhook.PausedUntil > time.GetUtcNow() && !isLast)
            throw new HttpRequestException("The receiver did not answer a moment ago, and was not called.");

        var answer = await sender.SendAsync(webhook, delivery, cancellationToken);
        metrics.Sent(answer);
        // From here on nothing is cancelled: what was sent must be known.
        if (answer.Error is null)
        {
            await LogAsync(delivery, answer, DeliveryState.Delivered, run.Attempt);
            // Not audited: how the receiver does, which the log of deliveries tells.
            if (webhook.GivenUp > 0 || webhook.PausedUntil is not null) await db.Webhooks.Where(w => w.Id == webhook.Id)
                .ExecuteUpdateAsync(
                    set => set.SetProperty(w => w.GivenUp, 0).SetProperty(w => w.PausedUntil, (DateTimeOffset?)null),
                    CancellationToken.None);
            return;
        }
        var isGone = answer.Status == StatusCodes.Status410Gone;
        if (isGone || isLast)
        {
            await GiveUpAsync(delivery, answer, run.Attempt, isGone);
            return;
        }
        await LogAsync(delivery, answer, DeliveryState.Pending, run.Attempt);
        // Not audited: how the receiver does, which the log of deliveries tells.
        if (answer.Status is null) await db.Webhooks.Where(w => w.Id == webhook.Id).ExecuteUpdateAsync(
            set => set.SetProperty(w => w.PausedUntil, time.GetDatabaseNow() + Pause), CancellationToken.None);
        throw new HttpRequestException($"A delivery to webhook {webhook.Id} failed: {answer.Error}");
    }

    private async Task GiveUpAsync(WebhookDelivery delivery, WebhookAnswer answer, int attempt, bool isGone)
    {
        await using var transaction = await db.Database.BeginTransactionAsync();
        await LogAsync(delivery, answer, DeliveryState.Failed, attempt);
        if (await db.LockWebhookAsync(delivery.WebhookId, CancellationToken.None) is { Disabled: null } webhook)
        {
            webhook.GivenUp++;
            if (isGone || webhook.GivenUp >= Webhook.MaxGivenUpInARow)
            {
                webhook.Disable(isGone ? WebhookDisabled.Gone : WebhookDisabled.Failing, time.GetDatabaseNow());
                wanted.WillChange(db.UnitOfWork, webhook.CompanyId);
                await TellOwnersAsync(webhook);
            }
            await db.SaveChangesAsync();
        }
        await transaction.CommitAsync();
    }

    private async Task TellOwnersAsync(Webhook webhook)
    {
        var owners = await db.OwnersToTell().Select(u => u.Id).ToListAsync();
        var why = webhook.Disabled == WebhookDisabled.Gone
            ? "Its server answered that nobody is there any more (410 Gone)."
            : $"{Webhook.MaxGivenUpInARow} events in a row could not be delivered.";
        foreach (var owner in owners) queue.Add(new Notify(owner, NotificationKind.WebhookFailing, "A webhook was switched off",
            $"The webhook at {new Uri(webhook.Url).Host} gets no more events. {why} "
                + "Mend the server, then switch the webhook on again.",
            webhook.Id));
    }

    // Not audited: the log of deliveries.
    private Task<int> LogAsync(WebhookDelivery delivery, WebhookAnswer answer, DeliveryState state, int attempts)
        => Pending(delivery).ExecuteUpdateAsync(set => set
            .SetProperty(d => d.State, state).SetProperty(d => d.Attempts, attempts)
            .SetProperty(d => d.ResponseStatus, answer.Status).SetProperty(d => d.Response, answer.Body)
            .SetProperty(d => d.Error, answer.Error).SetProperty(d => d.DurationMs, answer.DurationMs)
            .SetProperty(d => d.AttemptedAt, answer.At));

    // A worker that was held up and goes on must not undo what another has written.
    private IQueryable<WebhookDelivery> Pending(WebhookDelivery delivery)
        => db.WebhookDeliveries.Where(d => d.Id == delivery.Id && d.State == DeliveryState.Pending);
}

/// <summary>Meter <c>ScaleHub.Webhooks</c>: what this worker sends.</summary>
internal sealed class WebhookMetrics
{
    private readonly Histogram<double> _took;

    /// <summary>Makes the instrument.</summary>
    public WebhookMetrics(IMeterFactory meters) => _took = meters.Create("ScaleHub.Webhooks").CreateHistogram<double>(
        "scalehub.webhooks.duration", "s", "How long a receiver took to answer, by whether it took the event.", tags: null,
        // Seconds, up to the most that a receiver may be given.
        new InstrumentAdvice<double>
        {
            HistogramBucketBoundaries = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30, 60],
        });

    /// <summary>An attempt is over.</summary>
    public void Sent(WebhookAnswer answer) => _took.Record(answer.DurationMs / 1000.0, new KeyValuePair<string, object?>(
        "outcome", answer.Error is null ? "delivered" : answer.Status is null ? "no_answer" : "refused"));
}
