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
        builder.Services.AddSingleton<SignInLimits>();
    }

    /// <summary>The routes under <c>/auth</c>, <c>/sessions</c> and <c>/users</c>.</summary>
    public static void MapIdentity(this IEndpointRouteBuilder api)
    {
        var auth = api.MapGroup("/auth").WithTags("Identity").WithReserve().AddEndpointFilter(NotStoredAsync);
        auth.MapPost("/register", RegisterCompany.HandleAsync).AllowAnonymous().WithRateLimit(RateLimits.Auth).ProducesProblem(409);
        // By account, session and address, where not all count: SignInLimits.
        auth.MapPost("/login", LogIn.HandleAsync).AllowAnonymous().WithRateLimit(RateLimits.Tokens).ProducesProblem(401);
        auth.MapPost("/refresh", RefreshSession.HandleAsync).AllowAnonymous().WithRateLimit(RateLimits.Tokens).ProducesProblem(401);
        // Whoever stole a token must not keep its owner from ending the session by using up the limits.
        auth.MapPost("/logout", LogOut.HandleAsync).RequireRole(Access.SignedIn).WithRateLimit(RateLimits.Essential);

        var sessions = api.MapGroup("/sessions").WithTags("Identity").RequireRole(Access.SignedIn).WithRateLimit(RateLimits.Essential);
        sessions.MapGet("/", ListSessions.HandleAsync);
        sessions.MapDelete("/", EndOtherSessions.HandleAsync);
        sessions.MapDelete("/{id:guid}", EndSession.HandleAsync);

        var users = api.MapGroup("/users").WithTags("Identity").RequireRole(Roles.Admin);
        users.MapGet("/", ListUsers.HandleAsync);
        users.MapGet("/{id:guid}", GetUser.HandleAsync);
        users.MapPost("/", AddUser.HandleAsync).AddEndpointFilter(AddUser.HashFirstAsync).WithIdempotency()
            .WithRateLimit(RateLimits.Strict).ProducesProblem(409);
        users.MapPatch("/{id:guid}", ChangeRole.HandleAsync).ProducesProblem(409);
        users.MapDelete("/{id:guid}", RemoveUser.HandleAsync).ProducesProblem(409);
    }

    // Tokens are for their client alone (RFC 6749, 5.1).
    private static ValueTask<object?> NotStoredAsync(EndpointFilterInvocationContext invocation, EndpointFilterDelegate next)
    {
        invocation.HttpContext.Response.Headers.CacheControl = "no-store";
        return next(invocation);
    }

    /// <summary><c>/.well-known/jwks.json</c>, for whoever verifies our tokens.</summary>
    public static void MapKeys(this IEndpointRouteBuilder app)
        => app.MapGet("/.well-known/jwks.json", PublishKeys.HandleAsync).WithTags("Identity").AllowAnonymous();
}
