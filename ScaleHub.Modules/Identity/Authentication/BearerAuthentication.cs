using System.Diagnostics;
using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Options;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http.Authentication;

namespace ScaleHub.Modules.Identity.Authentication;

/// <summary>
/// <c>Authorization: Bearer</c> (RFC 6750). A request without a token is anonymous; one with a token that does not hold is 401
/// wherever the endpoint is not public. A token holds when it is ours and of this moment, its session has not been ended, and the
/// user is still there and has the role that it names (<see cref="LiveSessions"/>). A machine sends its key instead
/// (<see cref="ApiKeys"/>).
/// </summary>
public static class BearerAuthentication
{
    private const string SchemeName = "Bearer";

    /// <summary>Registers the scheme; the module has the tokens and their keys.</summary>
    public static void AddBearerAuthentication(this WebApplicationBuilder builder)
    {
        // The core alone: AddAuthentication would bring data protection along, and write a key to the home folder that nothing
        // uses.
        builder.Services.AddAuthenticationCore(options => options.DefaultScheme = SchemeName);
        builder.Services.AddWebEncoders();
        new AuthenticationBuilder(builder.Services).AddScheme<AuthenticationSchemeOptions, BearerHandler>(SchemeName, null);
        builder.Services.AddAccessPolicies();
    }

    /// <summary>
    /// Hands the company and user of the token to everything after this: from here on no other company's row is visible. A public
    /// endpoint ignores the token: whoever signs in or registers becomes somebody else.
    /// </summary>
    public static void UseTenant(this WebApplication app) => app.Use((context, next) =>
    {
        if (context.Features.Get<AccessToken>() is { } token && context.GetEndpoint()?.Metadata.GetMetadata<IAllowAnonymous>() is null)
        {
            context.RequestServices.GetRequiredService<Tenant>().ActAs(
                token.CompanyId, token.UserId, token.IsKey ? token.SessionId : null);
            // For the span, and for every log record of the request.
            Activity.Current.SetTenant(token.CompanyId, token.UserId);
        }
        return next(context);
    });

    private sealed class BearerHandler(
        IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers, UrlEncoder encoder, AccessTokens tokens,
        LiveSessions sessions, ApiKeys keys)
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
    {
        private const string Prefix = "Bearer ";

        protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
        {
            // A public endpoint ignores the token, and must not fail or cost more because of it.
            if (Context.GetEndpoint()?.Metadata.GetMetadata<IAllowAnonymous>() is not null) return AuthenticateResult.NoResult();
            if (Request.Headers.Authorization is not [{ } value] || !value.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
                return AuthenticateResult.NoResult();
            var text = value[Prefix.Length..].Trim();
            if (text.StartsWith(ApiKeys.Prefix, StringComparison.Ordinal))
                return await keys.FindAsync(text, Context.RequestAborted) is { } key
                    ? Success(key)
                    : AuthenticateResult.Fail("The API key is not valid.");
            if (await tokens.VerifyAsync(text, Context.RequestAborted) is not { } token)
                return AuthenticateResult.Fail("The access token is not valid.");
            var session = await sessions.FindAsync(token.CompanyId, token.SessionId, Context.RequestAborted);
            if (session is null || session != new LiveSession(token.CompanyId, token.UserId, token.Role))
                return AuthenticateResult.Fail("The session has ended.");
            return Success(token);
        }

        private AuthenticateResult Success(AccessToken caller)
        {
            Context.Features.Set(caller);
            var identity = new ClaimsIdentity(
                [new("sub", caller.UserId.ToString()), new("company", caller.CompanyId.ToString()), new(Access.RoleClaim, caller.Role)],
                SchemeName, "sub", Access.RoleClaim);
            if (caller.IsKey) identity.AddClaim(new(Access.KeyClaim, caller.SessionId.ToString()));
            return AuthenticateResult.Success(new(new(identity), SchemeName));
        }

        protected override async Task HandleChallengeAsync(AuthenticationProperties properties)
        {
            var failed = (await HandleAuthenticateOnceSafeAsync()).Failure is not null;
            Response.StatusCode = StatusCodes.Status401Unauthorized;
            Response.Headers.WWWAuthenticate = failed ? "Bearer error=\"invalid_token\"" : "Bearer";
        }
    }
}
