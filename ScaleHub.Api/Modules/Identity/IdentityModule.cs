using Microsoft.AspNetCore.Identity;
using ScaleHub.Api.Http.Overload;
using ScaleHub.Api.Http.RateLimiting;
using ScaleHub.Core.Model.Identity;

namespace ScaleHub.Api.Modules.Identity;

/// <summary>Companies register, people sign in.</summary>
public static class IdentityModule
{
    /// <summary>Password hashing and the tokens of a sign-in.</summary>
    public static void AddIdentity(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<IPasswordHasher<User>, PasswordHasher<User>>();
        builder.Services.AddSingleton<SignInTokens>();
    }

    /// <summary>The routes under <c>/auth</c>.</summary>
    public static void MapIdentity(this IEndpointRouteBuilder api)
    {
        var auth = api.MapGroup("/auth").WithTags("Identity").AllowAnonymous().WithRateLimit(RateLimits.Auth).WithReserve();
        auth.MapPost("/register", RegisterCompany.HandleAsync).ProducesProblem(409);
        auth.MapPost("/login", LogIn.HandleAsync).ProducesProblem(401);
    }
}
