using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Postgres;

namespace ScaleHub.Modules.Identity;

/// <summary>Users who can be given something to do, for modules that refer to one.</summary>
internal static class ActiveUsers
{
    /// <summary>
    /// Whether the company has the user, who has not been removed; if so, nobody removes the user until the transaction ends. A
    /// foreign key is not enough: the row of a removed user stays.
    /// </summary>
    public static async Task<bool> KeepActiveUserAsync(this ScaleHubDb db, Guid id, CancellationToken cancellationToken)
        => (await db.Users.FromSql($"select * from users where id = {id} and deleted_at is null for key share").Select(u => u.Id)
            .ToListAsync(cancellationToken)).Count > 0;
}
