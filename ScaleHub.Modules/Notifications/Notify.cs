using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Core.Platform.Mail;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Modules.Identity;

namespace ScaleHub.Modules.Notifications;

/// <summary>
/// Tells a user something: in the list of notifications, exactly once, and by mail unless the user does not want that. Add it to
/// the queue in the transaction of what has happened.
/// </summary>
/// <param name="UserId">Who should know. Nothing happens when the user was removed meanwhile.</param>
/// <param name="About">What it is about.</param>
/// <param name="Title">1 to 200 characters.</param>
/// <param name="Body">At most 10,000 characters.</param>
/// <param name="SubjectId">The task, invoice, mail item or other thing it is about.</param>
public sealed record Notify(Guid UserId, NotificationKind About, string Title, string? Body = null, Guid? SubjectId = null) : IJob
{
    /// <summary>Of a user's notifications the newest so many are kept, and some more until the next look.</summary>
    internal const int KeptPerUser = 1000;

    /// <summary>How many runs go by, on average, between two looks: a look reads as many entries of an index as are
    /// kept.</summary>
    internal const int LookEvery = 32;

    /// <inheritdoc/>
    public static string Kind => "notifications.notify";
}

internal sealed class NotifyHandler(ScaleHubDb db, JobQueue queue, IOptions<MailOptions> mail, TimeProvider time) : IJobHandler<Notify>
{
    public async Task HandleAsync(Notify job, JobRun run, CancellationToken cancellationToken)
    {
        var user = await db.Users.Where(u => u.Id == job.UserId && u.DeletedAt == null)
            .Select(u => new
            {
                u.Email,
                WantsMail = !db.Set<NotificationPreference>().Any(p => p.UserId == u.Id && p.Kind == job.About && !p.ByMail),
            }).SingleOrDefaultAsync(cancellationToken);
        if (user is null) return;
        db.Notifications.Add(new()
        {
            CompanyId = db.Tenant.RequiredCompanyId,
            Id = Guid.CreateVersion7(),
            UserId = job.UserId,
            Kind = job.About,
            Title = job.Title,
            Body = job.Body,
            SubjectId = job.SubjectId,
            CreatedAt = time.GetDatabaseNow(),
        });
        if (user.WantsMail)
            queue.Add(new SendMail(user.Email, job.Title, [job.Body ?? job.Title], mail.Value.PublicUrl, "Open ScaleHub"));
        await db.SaveChangesAsync(cancellationToken);
        if (Random.Shared.Next(Notify.LookEvery) == 0) await TidyAsync(db, job.UserId, cancellationToken);
    }

    // Not audited, as the class says.
    /// <summary>Deletes what is beyond the newest that are kept.</summary>
    internal static Task TidyAsync(ScaleHubDb db, Guid userId, CancellationToken cancellationToken)
        => db.Database.ExecuteSqlAsync($"""
            delete from notifications where user_id = {userId} and id <= (
                select id from notifications where user_id = {userId} order by id desc offset {Notify.KeptPerUser} limit 1)
            """, cancellationToken);
}
