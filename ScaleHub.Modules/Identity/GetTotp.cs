using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http.Authentication;

namespace ScaleHub.Modules.Identity;

/// <summary>The caller's second factor.</summary>
/// <param name="IsOn">Whether signing in needs a code.</param>
/// <param name="RecoveryCodesLeft">Recovery codes that were not used.</param>
public sealed record GetTotpResponse(bool IsOn, int RecoveryCodesLeft);

/// <summary><c>GET /api/v1/me/totp</c>.</summary>
public static class GetTotp
{
    /// <summary>Says whether the caller signs in with a second factor.</summary>
    public static async Task<Ok<GetTotpResponse>> HandleAsync(AccessToken me, ReadDb db, CancellationToken cancellationToken)
    {
        var totp = await db.Set<UserTotp>().AsNoTracking()
            .SingleOrDefaultAsync(t => t.UserId == me.UserId && t.ConfirmedAt != null, cancellationToken);
        return TypedResults.Ok(new GetTotpResponse(totp is not null, totp?.RecoveryCodes.Count ?? 0));
    }
}
