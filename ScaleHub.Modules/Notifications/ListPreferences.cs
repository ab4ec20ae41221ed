using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;

namespace ScaleHub.Modules.Notifications;

/// <summary>What the caller gets by mail.</summary>
/// <param name="Items">Every kind of notification.</param>
public sealed record ListPreferencesResponse(IReadOnlyList<PreferenceResponse> Items);

/// <summary>Whether a kind of notification is sent by mail as well.</summary>
/// <param name="Kind">What the notification is about.</param>
/// <param name="Email">Whether it is sent by mail; true unless the user said otherwise.</param>
public sealed record PreferenceResponse(NotificationKind Kind, bool Email);

/// <summary><c>GET /api/v1/notifications/preferences</c>: what the caller gets by mail.</summary>
public static class ListPreferences
{
    /// <summary>Lists every kind of notification, and whether the caller gets it by mail.</summary>
    public static async Task<Ok<ListPreferencesResponse>> HandleAsync(ReadDb db, Tenant tenant, CancellationToken cancellationToken)
    {
        var said = await db.NotificationPreferences.Where(p => p.UserId == tenant.RequiredUserId)
            .ToDictionaryAsync(p => p.Kind, p => p.ByMail, cancellationToken);
        return TypedResults.Ok(new ListPreferencesResponse(
            [.. Enum.GetValues<NotificationKind>().Select(kind => new PreferenceResponse(kind, said.GetValueOrDefault(kind, true)))]));
    }
}
