using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Caching;
using ScaleHub.Core.Platform.Events;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Quotas;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http;
using ScaleHub.Http.Authentication;
using ScaleHub.Http.Errors;
using ScaleHub.Http.Input;
using ScaleHub.Modules.Identity.Authentication;

namespace ScaleHub.Modules.Identity;

/// <summary>Body of <c>POST /api/v1/users</c>.</summary>
/// <param name="Email">Signs in to this company alone.</param>
/// <param name="Password">
/// 8 to 128 characters, for the user to sign in with first; none that is guessed first, nor the address.
/// </param>
/// <param name="Role"><c>member</c> by default; only an owner makes an <c>owner</c>.</param>
[BodyExample("""{ "email": "bob@company.example", "password": "correct horse battery", "role": "member" }""")]
public sealed record AddUserRequest(
    [property: Required, Email] string Email,
    [property: Required] string Password,
    [property: AllowedValues(Roles.Owner, Roles.Admin, Roles.Member, ErrorMessage = "Use owner, admin or member.")]
    string Role = Roles.Member) : IValidatableObject
{
    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
        => NewPassword.Check(Password, nameof(Password), Email);
}

/// <summary><c>POST /api/v1/users</c>: somebody joins the company.</summary>
public static class AddUser
{
    /// <summary>Adds a user, who can sign in from then on.</summary>
    public static async Task<Results<Created<UserResponse>, ProblemHttpResult>> HandleAsync(
        AddUserRequest request, AccessToken me, ScaleHubDb db, EventOutbox events, CompanyCache cache, HttpContext http, TimeProvider time,
        CancellationToken cancellationToken)
    {
        if (!Roles.MayGive(me.Role, request.Role)) return ChangeRole.NotAllowed();
        if (await db.FindLogin(request.Email).AnyAsync(cancellationToken)) return Taken();
        var now = time.GetDatabaseNow();
        var user = new User
        {
            CompanyId = me.CompanyId,
            Id = Guid.CreateVersion7(now),
            Email = request.Email.Normalize(),
            PasswordHash = http.Features.GetRequiredFeature<HashedPassword>().Hash,
            Role = request.Role,
            CreatedAt = now,
        };
        await db.TakeQuotaAsync(cache, User.Quota, user.Id, cancellationToken);
        db.AddRange(user, new Login { Email = Login.Normalize(user.Email), CompanyId = user.CompanyId, UserId = user.Id });
        await events.AddAsync(UserEvents.Joined, user.Id, UserResponse.From(user));
        try
        {
            await db.SaveChangesAsync(cancellationToken);
        }
        catch (DbUpdateException e) when (e.InnerException is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation })
        {
            // Somebody took it since the look above.
            return Taken();
        }
        return TypedResults.Created($"/api/v1/users/{user.Id}", UserResponse.From(user));
    }

    /// <summary>
    /// Around the transaction of the request: whoever waits for a turn to hash must not hold a connection meanwhile, of which a
    /// hundred such requests would leave none for anybody.
    /// </summary>
    public static async ValueTask<object?> HashFirstAsync(EndpointFilterInvocationContext invocation, EndpointFilterDelegate next)
    {
        var http = invocation.HttpContext;
        var passwords = http.RequestServices.GetRequiredService<Passwords>();
        var password = invocation.Arguments.OfType<AddUserRequest>().Single().Password;
        http.Features.Set(new HashedPassword(await passwords.HashAsync(password, http.RequestAborted)));
        return await next(invocation);
    }

    private sealed record HashedPassword(string Hash);

    private static ProblemHttpResult Taken() => Problems.Conflict("email", "This e-mail address is in use already.");
}
