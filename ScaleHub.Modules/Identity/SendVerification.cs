using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http.Authentication;
using ScaleHub.Modules.Identity.Authentication;

namespace ScaleHub.Modules.Identity;

/// <summary><c>POST /api/v1/account/verification</c>: the caller wants the link to confirm the address once more.</summary>
public static class SendVerification
{
    /// <summary>Sends the link, unless the address is confirmed already.</summary>
    public static async Task<Accepted> HandleAsync(
        AccessToken me, ScaleHubDb db, JobQueue queue, AccountLinks links, TimeProvider time, CancellationToken cancellationToken)
    {
        var user = await db.Users.AsNoTracking().SingleAsync(u => u.Id == me.UserId, cancellationToken);
        if (user.EmailVerifiedAt is null)
        {
            var now = time.GetDatabaseNow();
            await OneTimeToken.TidyAsync(db, user.Id, now, cancellationToken);
            VerifyEmail.Ask(db, queue, links, user, now);
            await db.SaveChangesAsync(cancellationToken);
        }
        return TypedResults.Accepted((string?)null);
    }
}
