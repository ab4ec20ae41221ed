using System.Security.Claims;
using ScaleHub.Core.Platform.Tenancy;

namespace ScaleHub.Http.Authentication;

/// <summary>
/// Who may use an endpoint: one of <see cref="Roles"/>, or <see cref="Access.SignedIn"/>. The last one declared counts.
/// </summary>
public sealed record RequiredRole(string Role);

/// <summary>That an endpoint is for people, and answers an API key with 403.</summary>
public sealed record PeopleOnly;

/// <summary>
/// The decision who may use an endpoint, declared beside it: <c>.RequireRole(Roles.Admin)</c>, or <c>AllowAnonymous()</c>. A test
/// walks the routes and fails for one without.
/// </summary>
public static class Access
{
    /// <summary>Whoever has a session: any role of any company, the platform's operators too.</summary>
    public const string SignedIn = "signed-in";

    /// <summary>The claim of a caller who is a machine: the identifier of its key.</summary>
    public const string KeyClaim = "key";

    private const string Person = "person";

    /// <summary>The claim that has the caller's role.</summary>
    public const string RoleClaim = "role";

    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        [Roles.Member] = [Roles.Member, Roles.Admin, Roles.Owner],
        [Roles.Admin] = [Roles.Admin, Roles.Owner],
        [Roles.Owner] = [Roles.Owner],
        [Roles.Operator] = [Roles.Operator],
        [SignedIn] = [Roles.Member, Roles.Admin, Roles.Owner, Roles.Operator],
    };

    /// <summary>
    /// Whether somebody with the role <paramref name="role"/> passes where <paramref name="required"/> is required.
    /// </summary>
    public static bool Allows(string required, string role) => Allowed[required].Contains(role);

    /// <summary>Only for those with that role, or one that may do more. Without a session 401, with too little 403.</summary>
    public static TBuilder RequireRole<TBuilder>(this TBuilder endpoints, string role) where TBuilder : IEndpointConventionBuilder
    {
        if (!Allowed.ContainsKey(role)) throw new ArgumentException($"There is no role '{role}'.", nameof(role));
        return endpoints.RequireAuthorization(Policy(role)).WithMetadata(new RequiredRole(role));
    }

    /// <summary>Only for people who have signed in, whatever their role: an API key gets 403.</summary>
    public static TBuilder RequirePerson<TBuilder>(this TBuilder endpoints) where TBuilder : IEndpointConventionBuilder
        => endpoints.RequireAuthorization(Person).WithMetadata(new PeopleOnly());

    /// <summary>Registers a policy for each role.</summary>
    public static void AddAccessPolicies(this IServiceCollection services)
    {
        var authorization = services.AddAuthorizationBuilder();
        authorization.AddPolicy(Person, policy => policy.RequireAssertion(context => !context.User.HasClaim(c => c.Type == KeyClaim)));
        foreach (var (required, roles) in Allowed)
        {
            authorization.AddPolicy(Policy(required), policy => policy.RequireAssertion(
                context => context.User.FindFirstValue(RoleClaim) is { } role && roles.Contains(role)));
        }
    }

    private static string Policy(string role) => $"role:{role}";
}
