using Microsoft.AspNetCore.Identity;
using ScaleHub.Api.Http.Authentication;
using ScaleHub.Api.Http.Idempotency;
using ScaleHub.Api.Http.Overload;
using ScaleHub.Api.Http.RateLimiting;
using ScaleHub.Core.Model.Identity;

namespace ScaleHub.Api.Modules.Identity;

/// <summary>Companies register, people sign in, sessions end, users come and go.</summary>
public static class IdentityModule
{
    /// <summary>Password hashing and the tokens of a sign-in.</summary>
    public static void AddIdentity(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<IPasswordHasher<User>, PasswordHasher<User>>();
        builder.Services.AddSingleton<Passwords>();
        builder.Services.AddSingleton<RefreshTokens>();
        builder.Services.AddSingleton<SignInTokens>();
    }

    /// <summary>The routes under <c>/auth</c>, <c>/sessions</c> and <c>/users</c>.</summary>
    public static void MapIdentity(this IEndpointRouteBuilder api)
    {
        var auth = api.MapGroup("/auth").WithTags("Identity").WithRateLimit(RateLimits.Auth).WithReserve();
        auth.MapPost("/register", RegisterCompany.HandleAsync).AllowAnonymous().ProducesProblem(409);
        auth.MapPost("/login", LogIn.HandleAsync).AllowAnonymous().ProducesProblem(401);
        auth.MapPost("/refresh", RefreshSession.HandleAsync).AllowAnonymous().ProducesProblem(401);
        auth.MapPost("/logout", LogOut.HandleAsync).RequireRole(Access.SignedIn);

        var sessions = api.MapGroup("/sessions").WithTags("Identity").RequireRole(Access.SignedIn);
        sessions.MapGet("/", ListSessions.HandleAsync);
        sessions.MapDelete("/", EndOtherSessions.HandleAsync);
        sessions.MapDelete("/{id:guid}", EndSession.HandleAsync);

        var users = api.MapGroup("/users").WithTags("Identity").RequireRole(Roles.Admin).WithIdempotency();
        users.MapGet("/", ListUsers.HandleAsync);
        users.MapPost("/", AddUser.HandleAsync).ProducesProblem(409);
        users.MapPatch("/{id:guid}", ChangeRole.HandleAsync).ProducesProblem(409);
        users.MapDelete("/{id:guid}", RemoveUser.HandleAsync).ProducesProblem(409);
    }

    /// <summary><c>/.well-known/jwks.json</c>, for whoever verifies our tokens.</summary>
    public static void MapKeys(this IEndpointRouteBuilder app)
        => app.MapGet("/.well-known/jwks.json", PublishKeys.HandleAsync).WithTags("Identity").AllowAnonymous();
}
