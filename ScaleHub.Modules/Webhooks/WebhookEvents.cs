using System.Globalization;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Caching;
using ScaleHub.Core.Platform.Consistency;
using ScaleHub.Core.Platform.Events;
using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Redis;

namespace ScaleHub.Modules.Webhooks;

/// <summary>
/// Which kinds of events a company's webhooks want, kept in process, so that an event that nobody wants costs nothing.
/// <para>Guarantee: a new webhook is known to every instance in milliseconds, and within a second when Redis is away.</para>
/// </summary>
public sealed class WantedEvents(Broadcast broadcast, PendingInvalidations pending, TimeProvider time)
{
    private readonly LiveCache<HashSet<string>> _wanted = new LiveCache<HashSet<string>>(
        "webhooks", broadcast, pending, time, capacity: 50_000, TimeSpan.FromSeconds(30), TimeSpan.FromMilliseconds(800)).Listening();

    /// <summary>Whether a kind is wanted; true when that cannot be found out.</summary>
    public async ValueTask<bool> IsWantedAsync(ScaleHubDb db, string type)
    {
        try
        {
            // In the caller's transaction: a second connection for each of many that hold one would leave none for anybody.
            var wanted = await _wanted.GetAsync(db.Tenant.RequiredCompanyId, async () =>
                (await db.Webhooks.Where(w => w.Disabled == null).Select(w => w.Events).ToListAsync(CancellationToken.None))
                    .SelectMany(e => e).ToHashSet());
            return wanted!.Contains(type);
        }
        catch (Exception)
        {
            // The lookup may have been another request's, which broke off. The job that publishes the event decides exactly.
            return true;
        }
    }

    /// <summary>Tells every instance as soon as the change of a webhook is committed. Call it before the write.</summary>
    public void WillChange(UnitOfWork unitOfWork, Guid companyId)
        => unitOfWork.AfterCommit(async () => await _wanted.ForgetAsync(companyId), (nameof(WantedEvents), companyId));
}

/// <summary>Hands events that a webhook wants to <see cref="PublishEvent"/>.</summary>
internal sealed class WebhookListener(ScaleHubDb db, JobQueue queue, WantedEvents wanted) : IEventListener
{
    public ValueTask<bool> WantsAsync(string type) => wanted.IsWantedAsync(db, type);

    // In the order of the transactions that changed the subject, so that the deliveries are.
    public void Enqueue(CompanyEvent happened) => queue.Add(
        new PublishEvent(Guid.CreateVersion7(), happened.Type, happened.SubjectId, Body(happened.Type, happened.At, happened.Data)),
        new() { OrderingKey = $"event {happened.SubjectId}" });

    /// <summary>What is sent: <c>type</c>, <c>timestamp</c> and <c>data</c>, as Standard Webhooks recommends.</summary>
    public static string Body(string type, DateTimeOffset at, string data)
        => $$"""{"type":{{JsonSerializer.Serialize(type)}},"timestamp":"{{Text(at)}}","data":{{data}}}""";

    private static string Text(DateTimeOffset at) => at.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);
}

/// <summary>Makes a delivery of an event for each webhook that wants it: exactly once, since it is one transaction.</summary>
/// <param name="EventId">What receivers know it by.</param>
/// <param name="Type">The name of its kind.</param>
/// <param name="SubjectId">The thing that it happened to.</param>
/// <param name="Body">What is sent.</param>
public sealed record PublishEvent(Guid EventId, string Type, Guid SubjectId, string Body) : IJob
{
    /// <inheritdoc/>
    public static string Kind => "webhooks.publish";
}

internal sealed class PublishEventHandler(ScaleHubDb db, JobQueue queue, TimeProvider time) : IJobHandler<PublishEvent>
{
    public async Task HandleAsync(PublishEvent job, JobRun run, CancellationToken cancellationToken)
    {
        var wanting = await db.Webhooks.Where(w => w.Disabled == null && w.Events.Contains(job.Type))
            .OrderBy(w => w.Id).Select(w => w.Id).ToListAsync(cancellationToken);
        var now = time.GetDatabaseNow();
        foreach (var webhook in wanting)
            WebhookDelivery.Add(db, queue, webhook, now, job.EventId, job.Type, job.SubjectId, job.Body);
        await db.SaveChangesAsync(cancellationToken);
    }
}
