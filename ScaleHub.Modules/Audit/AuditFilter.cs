using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Mvc;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Auditing;
using ScaleHub.Http.Input;

namespace ScaleHub.Modules.Audit;

/// <summary>Which entries a list has; what is not given is any.</summary>
public sealed record AuditFilter(
    [property: FromQuery(Name = "subject"), Description("Only entries about this thing.")] Guid? Subject,
    [property: FromQuery(Name = "user"), Description("Only what this user did.")] Guid? User,
    [property: FromQuery(Name = "action"), StringLength(100),
        RegularExpression(@"[a-z0-9_]+\.[a-z0-9_]*", ErrorMessage = "Use an action, as task.updated, or a kind with its dot, as task."),
        Description("Only this action, as task.updated, or all actions on a kind of thing, as task. with its dot.")] string? Action,
    [property: FromQuery(Name = "from"), Description("Only entries of this time (RFC 3339) or later, exact to a millisecond.")]
    Timestamp? From,
    [property: FromQuery(Name = "to"), Description("Only entries before this time (RFC 3339), exact to a millisecond.")] Timestamp? To)
{
    /// <summary>
    /// Served by the primary key, or by the index audit_log_by_subject, audit_log_by_user, audit_log_by_action or audit_log_by_kind. A
    /// time is a bound of the identifiers, which begin with it, and so leaves out whole partitions.
    /// </summary>
    internal IQueryable<AuditEntry> Apply(IQueryable<AuditEntry> entries)
    {
        // Parameters are captured as values: EF then keeps one compiled query for each set of filters.
        if (Subject is { } subject) entries = entries.Where(e => e.SubjectId == subject);
        if (User is { } user) entries = entries.Where(e => e.UserId == user);
        if (Action is [.. var kind, '.']) entries = entries.Where(e => e.Kind == kind);
        else if (Action is { } action) entries = entries.Where(e => e.Action == action);
        if (From is { Value: var from } && OrderedIds.Floor(from) is var least) entries = entries.Where(e => e.Id >= least);
        if (To is { Value: var to } && OrderedIds.Floor(to) is var end) entries = entries.Where(e => e.Id < end);
        return entries;
    }
}
