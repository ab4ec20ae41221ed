using Microsoft.AspNetCore.Identity;
using ScaleHub.Core.Platform.Events;
using ScaleHub.Core.Platform.Exports;
using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http;
using ScaleHub.Http.Authentication;
using ScaleHub.Http.Idempotency;
using ScaleHub.Http.Overload;
using ScaleHub.Http.RateLimiting;
using ScaleHub.Modules.Identity.Authentication;
using IdentityOptions = ScaleHub.Modules.Identity.Authentication.IdentityOptions;

namespace ScaleHub.Modules.Identity;

/// <summary>Companies register, people sign in, sessions end, users come and go.</summary>
public sealed class IdentityModule : IModule
{
    /// <inheritdoc/>
    public string Name => "Identity";

    /// <inheritdoc/>
    public string Summary => "Companies register, people sign in, sessions end, users come and go.";

    // A company comes with its owner.
    /// <inheritdoc/>
    public IReadOnlyList<string> Uses => ["Companies"];

    /// <inheritdoc/>
    public IReadOnlyList<EventType> Events => [UserEvents.Joined];

    /// <inheritdoc/>
    public void AddServices(IServiceCollection services)
    {
        services.AddOptions<IdentityOptions>().BindConfiguration(IdentityOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<LiveSessions>();
        services.AddSingleton<ApiKeys>();
        services.AddSingleton<SigningKeyRing>();
        services.AddSingleton<AccessTokens>();
        services.AddSingleton<IPasswordHasher<User>, PasswordHasher<User>>();
        services.AddSingleton<Passwords>();
        services.AddSingleton<RefreshTokens>();
        services.AddSingleton<AccountLinks>();
        services.AddSingleton<SignInTokens>();
        services.AddSingleton<TotpCodes>();
    }

    /// <inheritdoc/>
    public void AddRouteServices(IServiceCollection services) => services.AddSingleton<SignInLimits>();

    /// <inheritdoc/>
    public void AddJobs(JobList jobs)
        => jobs.Handle<FindForgetful, FindForgetfulHandler>().Handle<SendResetLink, SendResetLinkHandler>()
            .Handle<EraseDueCompanies, EraseDueCompaniesHandler>().Handle<EraseCompanyData, EraseCompanyDataHandler>()
            .Schedule("companies.find_due", "23 * * * *", _ => new EraseDueCompanies());

    /// <inheritdoc/>
    public void AddExports(ExportCatalogue exports) => exports
        .Add("users", Roles.Member, db => db.Users, u => u.Id, UserResponse.Projection, u => u.Id)
        .Add("invitations", Roles.Admin, db => db.Invitations, i => i.Id, InvitationResponse.Projection, i => i.Id)
        .Add("api-keys", Roles.Admin, db => db.ApiKeys, k => k.Id, ApiKeyResponse.Projection, k => k.Id);

    /// <inheritdoc/>
    public void MapRoutes(IEndpointRouteBuilder v1, IEndpointRouteBuilder root)
    {
        var erasure = v1.MapGroup("/company/erasure").RequireRole(Roles.Owner).RequirePerson();
        erasure.MapPut("/", EraseCompany.HandleAsync).WithRateLimit(RateLimits.Strict);
        erasure.MapDelete("/", KeepCompany.HandleAsync).InTransaction().ProducesProblem(409);

        var auth = v1.MapGroup("/auth").WithReserve().AddEndpointFilter(NotStoredAsync);
        auth.MapPost("/register", RegisterCompany.HandleAsync).AllowAnonymous().WithRateLimit(RateLimits.Auth).ProducesProblem(409);
        // By account, session and address, where not all count: SignInLimits.
        auth.MapPost("/login", LogIn.HandleAsync).AllowAnonymous().WithRateLimit(RateLimits.Tokens).ProducesProblem(401);
        auth.MapPost("/login/totp", LogInTotp.HandleAsync).AllowAnonymous().WithRateLimit(RateLimits.Tokens).ProducesProblem(401);
        // Answers the same to everybody; what it costs is a mail, three an hour for an account.
        auth.MapPost("/password/forgot", ForgotPassword.HandleAsync).AllowAnonymous().WithRateLimit(RateLimits.Auth);
        auth.MapPost("/password/reset", ResetPassword.HandleAsync).AllowAnonymous().WithRateLimit(RateLimits.Auth).ProducesProblem(404);
        auth.MapPost("/email/verify", VerifyEmail.HandleAsync).AllowAnonymous().WithRateLimit(RateLimits.Auth).ProducesProblem(404);
        auth.MapPost("/invitations/accept", AcceptInvitation.HandleAsync).AllowAnonymous().WithRateLimit(RateLimits.Auth)
            .ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);
        auth.MapPost("/refresh", RefreshSession.HandleAsync).AllowAnonymous().WithRateLimit(RateLimits.Tokens).ProducesProblem(401);
        // Whoever stole a token must not keep its owner from ending the session by using up the limits.
        auth.MapPost("/logout", LogOut.HandleAsync).RequireRole(Access.SignedIn).RequirePerson()
            .WithRateLimit(RateLimits.Essential);

        var account = v1.MapGroup("/account").RequireRole(Access.SignedIn).RequirePerson().WithRateLimit(RateLimits.Strict);
        account.MapPut("/password", ChangePassword.HandleAsync);
        account.MapPost("/verification", SendVerification.HandleAsync).WithIdempotency();

        // Their answers have secrets, which must not be kept for a repetition of the request.
        var totp = v1.MapGroup("/me/totp").RequireRole(Access.SignedIn).RequirePerson().AddEndpointFilter(NotStoredAsync)
            .WithRateLimit(RateLimits.Strict);
        totp.MapGet("/", GetTotp.HandleAsync);
        totp.MapPost("/", CreateTotp.HandleAsync).ProducesProblem(403).ProducesProblem(409);
        totp.MapPost("/confirm", ConfirmTotp.HandleAsync).ProducesProblem(403).ProducesProblem(409);
        totp.MapDelete("/", DeleteTotp.HandleAsync).ProducesProblem(403);

        var invitations = v1.MapGroup("/invitations").RequireRole(Roles.Admin).RequirePerson();
        invitations.MapPost("/", InviteUser.HandleAsync).WithIdempotency().WithRateLimit(RateLimits.Strict).ProducesProblem(409);
        invitations.MapGet("/", ListInvitations.HandleAsync);
        invitations.MapDelete("/{id:guid}", WithdrawInvitation.HandleAsync);

        // A key makes no keys: who has one that is to end must not have made another.
        var keys = v1.MapGroup("/api-keys").RequireRole(Roles.Admin).RequirePerson();
        keys.MapPost("/", CreateApiKey.HandleAsync).AddEndpointFilter(NotStoredAsync).WithRateLimit(RateLimits.Strict).ProducesProblem(409);
        keys.MapGet("/", ListApiKeys.HandleAsync);
        keys.MapDelete("/{id:guid}", RevokeApiKey.HandleAsync);

        var sessions = v1.MapGroup("/sessions").RequireRole(Access.SignedIn).RequirePerson().WithRateLimit(RateLimits.Essential);
        sessions.MapGet("/", ListSessions.HandleAsync);
        sessions.MapDelete("/", EndOtherSessions.HandleAsync);
        sessions.MapDelete("/{id:guid}", EndSession.HandleAsync);

        var users = v1.MapGroup("/users").RequireRole(Roles.Admin);
        users.MapGet("/", ListUsers.HandleAsync);
        users.MapGet("/{id:guid}", GetUser.HandleAsync);
        users.MapPost("/", AddUser.HandleAsync).RequirePerson().AddEndpointFilter(AddUser.HashFirstAsync).WithIdempotency()
            .WithRateLimit(RateLimits.Strict).ProducesProblem(409);
        users.MapPatch("/{id:guid}", ChangeRole.HandleAsync).RequirePerson().ProducesProblem(409);
        users.MapDelete("/{id:guid}", RemoveUser.HandleAsync).RequirePerson().ProducesProblem(409);

        root.MapAccountPages();
        root.MapGet("/.well-known/jwks.json", PublishKeys.HandleAsync).AllowAnonymous();
    }

    // Tokens are for their client alone (RFC 6749, 5.1).
    private static ValueTask<object?> NotStoredAsync(EndpointFilterInvocationContext invocation, EndpointFilterDelegate next)
    {
        invocation.HttpContext.Response.Headers.CacheControl = "no-store";
        return next(invocation);
    }
}
