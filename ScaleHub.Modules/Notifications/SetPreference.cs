using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http;

namespace ScaleHub.Modules.Notifications;

/// <summary>Body of <c>PUT /api/v1/notifications/preferences/{kind}</c>.</summary>
/// <param name="Email">Whether it is to be sent by mail as well.</param>
[BodyExample("""{ "email": false }""")]
public sealed record SetPreferenceRequest([property: Required] bool? Email);

/// <summary><c>PUT /api/v1/notifications/preferences/{kind}</c>: the caller wants a kind by mail, or does not.</summary>
public static class SetPreference
{
    /// <summary>Says whether the caller gets a kind of notification by mail; what is on its way is still sent.</summary>
    public static async Task<Results<Ok<PreferenceResponse>, NotFound>> HandleAsync(
        string kind, SetPreferenceRequest request, ScaleHubDb db, Tenant tenant, CancellationToken cancellationToken)
    {
        if (EnumNames.Find<NotificationKind>(kind) is not { } known) return TypedResults.NotFound();
        var (wants, name) = (request.Email!.Value, EnumNames.WriteColumn(known));
        await db.Audit.ExecuteAsync("notification_preference.set", $"""
            insert into notification_preferences (company_id, user_id, kind, by_mail)
            values ({tenant.RequiredCompanyId}, {tenant.RequiredUserId}, {name}, {wants})
            on conflict (company_id, user_id, kind) do update set by_mail = excluded.by_mail
                where notification_preferences.by_mail <> excluded.by_mail
            returning user_id as subject_id, jsonb_build_object(
                'kind', jsonb_build_object('to', kind), 'byMail', jsonb_build_object('to', by_mail)) as detail
            """, cancellationToken);
        return TypedResults.Ok(new PreferenceResponse(known, wants));
    }
}
