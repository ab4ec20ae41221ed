using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Modules.Companies;
using ScaleHub.Modules.Identity;
using ScaleHub.Modules.Webhooks;

namespace ScaleHub.Modules.Operations;

/// <summary>A company as an operator sees it: nothing of what it does, only that it is there.</summary>
/// <param name="Id">UUIDv7.</param>
/// <param name="Name">1 to 200 characters.</param>
/// <param name="Plan">Its plan.</param>
/// <param name="CreatedAt">When it registered.</param>
/// <param name="ErasesAt">When it is erased with everything it has; null: it stays.</param>
/// <param name="Users">How many there are.</param>
/// <param name="Sessions">Who is signed in, the newest first; at most 50.</param>
/// <param name="Webhooks">Its webhooks and how the calls of the last day went; at most 50.</param>
public sealed record ShowCompanyResponse(
    Guid Id, string Name, string Plan, DateTimeOffset CreatedAt, DateTimeOffset? ErasesAt, int Users, IReadOnlyList<SessionOfCompany> Sessions,
    IReadOnlyList<WebhookOfCompany> Webhooks);

/// <summary>A sign-in that works.</summary>
/// <param name="Id">UUIDv7.</param>
/// <param name="Email">The user's address.</param>
/// <param name="CreatedAt">When it signed in.</param>
/// <param name="LastUsedAt">When it last refreshed its tokens.</param>
/// <param name="Client">What the device called itself.</param>
public sealed record SessionOfCompany(Guid Id, string Email, DateTimeOffset CreatedAt, DateTimeOffset LastUsedAt, string? Client);

/// <summary>A webhook.</summary>
/// <param name="Id">UUIDv7.</param>
/// <param name="Host">Where it leads: the address's host, since the rest may hold a secret.</param>
/// <param name="Disabled">Why it is not called; null: it is.</param>
/// <param name="Delivered">Events of the last day that arrived.</param>
/// <param name="Failed">Events of the last day that did not.</param>
public sealed record WebhookOfCompany(Guid Id, string Host, WebhookDisabled? Disabled, int Delivered, int Failed);

/// <summary><c>GET /api/admin/companies/{id}</c>: a company, for an operator.</summary>
public static class ShowCompany
{
    private const int Most = 50;

    /// <summary>Shows a company's plan, who is signed in, and how its webhooks are.</summary>
    public static async Task<Results<Ok<ShowCompanyResponse>, NotFound>> HandleAsync(
        Guid id, IServiceScopeFactory scopes, TimeProvider time, CancellationToken cancellationToken)
    {
        // A scope of its own: the request's belongs to the operator, and a scope serves one company.
        await using var scope = scopes.CreateScopeOf(id);
        return await FindAsync(scope.ServiceProvider.GetRequiredService<ReadDb>(), id, time.GetDatabaseNow(), cancellationToken) is { } found
            ? TypedResults.Ok(found)
            : TypedResults.NotFound();
    }

    internal static async Task<ShowCompanyResponse?> FindAsync(
        TenantDbContext db, Guid id, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (await db.Set<Company>().AsNoTracking().SingleOrDefaultAsync(c => c.Id == id, cancellationToken) is not { } company) return null;
        var users = await db.Set<User>().CountAsync(u => u.DeletedAt == null, cancellationToken);
        var sessions = await db.Set<Session>().Where(Session.IsLiveAt(now)).OrderByDescending(s => s.CreatedAt).Take(Most)
            .Join(db.Set<User>(), s => s.UserId, u => u.Id, (s, u) => new SessionOfCompany(s.Id, u.Email, s.CreatedAt, s.RefreshedAt, s.UserAgent))
            .ToListAsync(cancellationToken);
        return new(company.Id, company.Name, company.Plan, company.CreatedAt, company.EraseAt, users,
            [.. sessions.OrderByDescending(s => s.CreatedAt)], await WebhooksAsync(db, now, cancellationToken));
    }

    private static async Task<List<WebhookOfCompany>> WebhooksAsync(TenantDbContext db, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var since = OrderedIds.Floor(now.AddDays(-1));
        var counts = await db.Set<WebhookDelivery>().Where(d => d.Id >= since)
            .GroupBy(d => new { d.WebhookId, d.State }).Select(g => new { g.Key.WebhookId, g.Key.State, Count = g.Count() })
            .ToListAsync(cancellationToken);
        int Count(Guid webhook, DeliveryState state) => counts.Where(c => c.WebhookId == webhook && c.State == state).Sum(c => c.Count);
        var webhooks = await db.Set<Webhook>().AsNoTracking().OrderByDescending(w => w.Id).Take(Most).ToListAsync(cancellationToken);
        return [.. webhooks.Select(w => new WebhookOfCompany(w.Id, new Uri(w.Url).Host, w.Disabled,
            Count(w.Id, DeliveryState.Delivered), Count(w.Id, DeliveryState.Failed)))];
    }
}
