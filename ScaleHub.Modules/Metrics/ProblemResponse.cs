using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http.Paging;
using ScaleHub.Modules.Companies;
using ScaleHub.Modules.Metrics.Alerts;

namespace ScaleHub.Modules.Metrics;

/// <summary>Something that is or was wrong.</summary>
/// <param name="Id">UUIDv7.</param>
/// <param name="Rule">What.</param>
/// <param name="CompanyId">Whose requests; null: it is about the whole.</param>
/// <param name="CompanyName">Its name.</param>
/// <param name="Subject">An instance or a database node; empty where it is about all of it.</param>
/// <param name="State"><c>open</c> or <c>cleared</c>.</param>
/// <param name="Value">What was measured when it was last wrong, in <paramref name="Unit"/>.</param>
/// <param name="Threshold">From where on it is wrong.</param>
/// <param name="Unit"><c>%</c>, <c>ms</c>, <c>s</c> or <c>per minute</c>.</param>
/// <param name="Text">All of it in a sentence.</param>
/// <param name="OpenedAt">When it was told of.</param>
/// <param name="ClearedAt">When it was good again; null: it is not.</param>
public sealed record ProblemResponse(
    Guid Id, AlertRule Rule, Guid? CompanyId, string? CompanyName, string Subject, AlertState State, double Value, double Threshold,
    string Unit, string Text, DateTimeOffset OpenedAt, DateTimeOffset? ClearedAt);

/// <summary>Which problems a list has.</summary>
public enum ProblemState
{
    /// <summary>Those that are.</summary>
    Open,

    /// <summary>Those that were.</summary>
    Cleared,
}

internal static class Problems
{
    /// <summary>A page of those that the reader may see, newest first.</summary>
    public static async Task<PagedList<ProblemResponse>> ListAsync(
        this ReadDb db, ProblemState? state, Guid? company, PageQuery page, CancellationToken cancellationToken)
    {
        var alerts = db.Set<Alert>().Where(a => a.State != AlertState.Pending);
        if (state is { } wanted)
        {
            var stored = wanted == ProblemState.Open ? AlertState.Open : AlertState.Cleared;
            alerts = alerts.Where(a => a.State == stored);
        }
        if (company is { } one) alerts = alerts.Where(a => a.CompanyId == one);
        var list = await page.NewestFirstAsync(alerts, a => a.Id, a => a, cancellationToken);
        // The platform has a row, too.
        var ids = list.Items.Select(a => a.CompanyId).Where(id => id != Tenant.Platform).Distinct().ToList();
        var names = await db.Companies.Where(c => ids.Contains(c.Id)).ToDictionaryAsync(c => c.Id, c => c.Name, cancellationToken);
        return new([.. list.Items.Select(a => Describe(a, names))], list.Page);
    }

    private static ProblemResponse Describe(Alert alert, Dictionary<Guid, string> names) => new(
        alert.Id, alert.Rule, alert.CompanyId == Tenant.Platform ? null : alert.CompanyId, names.GetValueOrDefault(alert.CompanyId),
        alert.Subject, alert.State, Math.Round(alert.Value, 2), Math.Round(alert.Threshold, 2), alert.Rule.Unit(), alert.Text,
        alert.OpenedAt ?? alert.StartedAt, alert.ClearedAt);
}
