using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Postgres;

namespace ScaleHub.Modules.Identity;

/// <summary><c>GET /api/v1/users/{id}</c>.</summary>
public static class GetUser
{
    /// <summary>Reads a user of the company. One who was removed does not exist, nor does one of another company.</summary>
    public static async Task<Results<Ok<UserResponse>, NotFound>> HandleAsync(
        Guid id, ReadDb db, CancellationToken cancellationToken)
        => await db.Users.Where(u => u.Id == id && u.DeletedAt == null).Select(UserResponse.Projection)
            .SingleOrDefaultAsync(cancellationToken) is { } user
            ? TypedResults.Ok(user)
            : TypedResults.NotFound();
}
