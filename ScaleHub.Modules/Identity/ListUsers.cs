using System.Linq.Expressions;
using Microsoft.AspNetCore.Http.HttpResults;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http.Paging;

namespace ScaleHub.Modules.Identity;

/// <summary>A user as admins see it.</summary>
/// <param name="Id">UUIDv7.</param>
/// <param name="Email">Signs in with it.</param>
/// <param name="Role"><c>owner</c>, <c>admin</c> or <c>member</c>.</param>
/// <param name="CreatedAt">When the user was added.</param>
/// <param name="EmailVerifiedAt">When the user showed that the address is his; null: not yet.</param>
public sealed record UserResponse(Guid Id, string Email, string Role, DateTimeOffset CreatedAt, DateTimeOffset? EmailVerifiedAt)
{
    internal static readonly Expression<Func<User, UserResponse>> Projection = u => new(
        u.Id, u.Email, u.Role, u.CreatedAt, u.EmailVerifiedAt);

    internal static readonly Func<User, UserResponse> From = Projection.Compile();
}

/// <summary><c>GET /api/v1/users?limit=&amp;cursor=</c>: who works for the company, the newest first.</summary>
public static class ListUsers
{
    /// <summary>Lists the company's users.</summary>
    // Served by the primary key.
    public static async Task<Ok<PagedList<UserResponse>>> HandleAsync(
        [AsParameters] PageQuery page, ReadDb db, CancellationToken cancellationToken)
        => TypedResults.Ok(await page.NewestFirstAsync(
            db.Users.Where(u => u.DeletedAt == null), u => u.Id, UserResponse.Projection, cancellationToken));
}
