namespace ScaleHub.Http.RateLimiting;

/// <summary>A limit that endpoints name: so many requests of one caller in any window of that length.</summary>
/// <param name="Name">As in headers, problems, metrics and configuration.</param>
/// <param name="Limit">What is counted, at most; 0 for no limit at all.</param>
/// <param name="Window">Length of the window.</param>
/// <param name="Counts">Whose requests are counted together.</param>
/// <param name="What">What is counted, as a problem calls it.</param>
public sealed record RateLimitPolicy(
    string Name, int Limit, TimeSpan Window, CountedBy Counts = CountedBy.Caller, string What = "requests");

/// <summary>Whose requests a limit counts together. An IPv6 address counts by its first 64 bits (RFC 6177).</summary>
public enum CountedBy
{
    /// <summary>The user, on top of the limits of user and plan; the address of a caller who is not signed in.</summary>
    Caller,

    /// <summary>The address of a caller who is not signed in. The limits of user and plan are enough for all others.</summary>
    AnonymousAddress,

    /// <summary>The address even when a token is sent along, which must not buy more tries.</summary>
    Address,

    /// <summary>
    /// The user, and neither user's nor plan's limit besides: for what must work when those are used up. The address of a caller
    /// who is not signed in.
    /// </summary>
    UserAlone,

    /// <summary>What the endpoint itself finds out from the request: a session, an account.</summary>
    Endpoint,
}

/// <summary>
/// The limits of endpoints. Whatever the endpoint, but for <see cref="Essential"/>, signed-in callers have two more:
/// <see cref="User"/>, and <see cref="PlanName"/> for the whole company.
/// <para>See docs/rate-limits.md for what is guaranteed, and what happens without Redis.</para>
/// </summary>
public static class RateLimits
{
    /// <summary>Name of the limit of a company's plan; its numbers are those of the plan.</summary>
    public const string PlanName = "plan";

    /// <summary>Window of the limits of plans.</summary>
    public static readonly TimeSpan PlanWindow = TimeSpan.FromMinutes(15);

    /// <summary>All that one user does, so that nobody uses up the company's share.</summary>
    public static readonly RateLimitPolicy User = new("user", 1000, TimeSpan.FromMinutes(15));

    /// <summary>Registering; and refresh tokens that this service did not make.</summary>
    public static readonly RateLimitPolicy Auth = new("auth", 50, TimeSpan.FromMinutes(5), CountedBy.Address);

    /// <summary>Signing in and refreshing, right or wrong: what one address may cost.</summary>
    public static readonly RateLimitPolicy Tokens = new("tokens", 1000, TimeSpan.FromMinutes(1), CountedBy.Address);

    /// <summary>
    /// Wrong passwords from one address, on accounts whose users have not signed in from it lately: who tries one password on
    /// many accounts. Right ones are not counted, so that hundreds of people behind one address sign in.
    /// </summary>
    public static readonly RateLimitPolicy SignIn = new("signin", 100, TimeSpan.FromMinutes(5), CountedBy.Endpoint, "wrong passwords");

    /// <summary>
    /// Wrong passwords for one account, whatever the addresses: once for all addresses from which its user has signed in lately,
    /// and once for all others together, so that strangers cannot lock the user out. Ten in all.
    /// </summary>
    public static readonly RateLimitPolicy Account = new("account", 5, TimeSpan.FromMinutes(15), CountedBy.Endpoint, "wrong passwords");

    /// <summary>Refreshes of one session.</summary>
    public static readonly RateLimitPolicy Refresh = new("refresh", 30, TimeSpan.FromMinutes(5), CountedBy.Endpoint, "refreshes");

    /// <summary>
    /// What must work when the limits of user and plan are used up: signing out, ending sessions, looking at quotas and changing
    /// the plan.
    /// </summary>
    public static readonly RateLimitPolicy Essential = new("essential", 30, TimeSpan.FromMinutes(1), CountedBy.UserAlone);

    /// <summary>The API without signing in.</summary>
    public static readonly RateLimitPolicy Api = new("api", 1000, TimeSpan.FromMinutes(1), CountedBy.AnonymousAddress);

    /// <summary>What anybody may read; and every endpoint that names no other policy.</summary>
    public static readonly RateLimitPolicy Public = new("public", 2000, TimeSpan.FromMinutes(1), CountedBy.AnonymousAddress);

    /// <summary>What the platform's operators do.</summary>
    public static readonly RateLimitPolicy Admin = new("admin", 10, TimeSpan.FromSeconds(10));

    /// <summary>What the operations page reads, some of it every ten seconds; it must go on when everything else is used up.</summary>
    public static readonly RateLimitPolicy Operations = new("operations", 300, TimeSpan.FromMinutes(1), CountedBy.UserAlone);

    /// <summary>What nobody does often and costs much: exports, bulk deletion, making users, whose passwords are
    /// hashed.</summary>
    public static readonly RateLimitPolicy Strict = new("strict", 10, TimeSpan.FromMinutes(1));

    /// <summary>No limit: for what must always answer, and for what costs less than to count it.</summary>
    public static readonly RateLimitPolicy None = new("none", 0, TimeSpan.Zero);

    /// <summary>Every policy that configuration can name.</summary>
    internal static readonly RateLimitPolicy[] All = [User, Auth, Tokens, SignIn, Account, Refresh, Essential, Api, Public, Admin, Operations, Strict];

    /// <summary>Guards an endpoint, or all of a group that name no other policy.</summary>
    public static T WithRateLimit<T>(this T endpoints, RateLimitPolicy policy) where T : IEndpointConventionBuilder
        => endpoints.WithMetadata(policy);

    /// <summary>Registers the limiter.</summary>
    public static void AddRateLimits(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<RateLimitOptions>().BindConfiguration(RateLimitOptions.Section).ValidateDataAnnotations()
            // The binder leaves out an entry with a value that it cannot convert, and tells nobody.
            .Validate<IConfiguration>(
                (o, all) => all.GetSection($"{RateLimitOptions.Section}:Policies").GetChildren().All(c => o.Policies.ContainsKey(c.Key)),
                "RateLimits:Policies has a policy whose Limit or WindowSeconds is not a whole number.")
            .Validate(o => o.Policies.Keys.All(name => All.Any(p => p.Name == name)),
                $"RateLimits:Policies has a name that is none of: {string.Join(", ", All.Select(p => p.Name))}.")
            .Validate(o => o.Policies.Values.All(p => p is { Limit: null or >= 1, WindowSeconds: null or (>= 1 and <= 86_400) }),
                "RateLimits:Policies needs a Limit of 1 at least, and WindowSeconds from 1 to 86400.")
            .ValidateOnStart();
        builder.Services.AddSingleton<RateLimitMetrics>();
        builder.Services.AddSingleton<RedisWindows>();
        builder.Services.AddSingleton<LocalWindows>();
        builder.Services.AddSingleton<RateLimiter>();
        builder.Services.AddHostedService<ReservationKeeper>();
        builder.Services.AddSingleton<ApplyingLimits>();
        builder.Services.AddSingleton<PlanLadder>();
        builder.Services.AddSingleton<RateLimitRefusals>();
        builder.Services.AddSingleton<RateLimitMiddleware>();
    }

    /// <summary>After authentication, which says whom to count; before everything that a refused request must not cost.</summary>
    public static void UseRateLimits(this WebApplication app)
    {
        var middleware = app.Services.GetRequiredService<RateLimitMiddleware>();
        app.Use(next => context => middleware.InvokeAsync(context, next));
    }
}
