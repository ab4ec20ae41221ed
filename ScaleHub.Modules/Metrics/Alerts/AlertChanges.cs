using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Core.Platform.Mail;
using ScaleHub.Core.Platform.Postgres;

namespace ScaleHub.Modules.Metrics.Alerts;

/// <summary>A change of an alert, as it is told of.</summary>
/// <param name="Id">The alert's.</param>
/// <param name="Rule">What is or was wrong.</param>
/// <param name="State"><c>open</c> or <c>cleared</c>.</param>
/// <param name="CompanyId">Whose requests; null: it is about the whole.</param>
/// <param name="Subject">An instance or a database node.</param>
/// <param name="Value">What was measured, in <paramref name="Unit"/>.</param>
/// <param name="Threshold">From where on it is wrong.</param>
/// <param name="Unit"><c>%</c>, <c>ms</c>, <c>s</c> or <c>per minute</c>.</param>
/// <param name="Text">All of it in a sentence.</param>
/// <param name="At">When it changed.</param>
public sealed record AlertChange(
    Guid Id, AlertRule Rule, AlertState State, Guid? CompanyId, string Subject, double Value, double Threshold, string Unit, string Text,
    DateTimeOffset At);

internal static class AlertChanges
{
    // When everything is slow, thousands of companies are: the mail and the call say how many, and name the first.
    private const int MostTold = 50;

    /// <summary>Adds the jobs that tell of changes: one mail to each address, and one call of the webhook.</summary>
    public static async Task AddJobsAsync(
        ScaleHubDb db, JobQueue queue, IReadOnlyList<Alert> changed, AlertOptions options, DateTimeOffset now, CancellationToken cancellationToken)
    {
        // What is about the whole comes first.
        List<AlertChange> told = [.. changed.Select(a => ChangeOf(a, now)).OrderBy(c => c.CompanyId is not null).ThenBy(c => c.State)
            .Take(MostTold)];
        if (options.WebhookUrl is { Length: > 0 }) queue.Add(new PostAlerts(told, changed.Count));
        foreach (var address in await AddressesAsync(db, options, cancellationToken))
            queue.Add(new SendMail(address, SubjectOf(changed), [.. told.Select(Line), .. More(changed.Count - told.Count)]));
    }

    private static async Task<IReadOnlyList<string>> AddressesAsync(ScaleHubDb db, AlertOptions options, CancellationToken cancellationToken)
        => options.MailTo is { Length: > 0 } set
            ? set.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            // Operators are the platform's users.
            : await db.Database.SqlQuery<string>($"""
                select email as "Value" from users
                where company_id = {db.Tenant.RequiredCompanyId} and role = 'operator' and deleted_at is null order by email limit 20
                """).ToListAsync(cancellationToken);

    private static AlertChange ChangeOf(Alert alert, DateTimeOffset now) => new(
        alert.Id, alert.Rule, alert.State, alert.CompanyId == Core.Platform.Tenancy.Tenant.Platform ? null : alert.CompanyId, alert.Subject,
        Math.Round(alert.Value, 2), Math.Round(alert.Threshold, 2), alert.Rule.Unit(), alert.Text, now);

    private static string SubjectOf(IReadOnlyList<Alert> changed)
    {
        var raised = changed.Count(a => a.State == AlertState.Open);
        return raised == 0 ? $"ScaleHub: {Problems(changed.Count)} cleared"
            : raised == changed.Count ? $"ScaleHub: {Problems(raised)}"
            : $"ScaleHub: {Problems(raised)}, {changed.Count - raised} cleared";
    }

    private static string Problems(int count) => count == 1 ? "1 problem" : $"{count} problems";

    private static string Line(AlertChange change)
        => (change.State == AlertState.Open ? "" : "Good again: ") + (change.CompanyId is { } id ? $"Company {id}: " : "") + change.Text;

    private static IEnumerable<string> More(int count) => count > 0 ? [$"And {count} more; the operations page has all of them."] : [];
}
