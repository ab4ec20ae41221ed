namespace ScaleHub.Api.Http.RateLimiting;

/// <summary>A limit that endpoints name: so many requests of one caller in any window of that length.</summary>
/// <param name="Name">As in headers, problems, metrics and configuration.</param>
/// <param name="Limit">Requests; 0 for no limit at all.</param>
/// <param name="Window">Length of the window.</param>
/// <param name="ByAddress">
/// Counts by network address even when a token is sent along: for endpoints that make tokens, where a token must not buy more
/// tries.
/// </param>
public sealed record RateLimitPolicy(string Name, int Limit, TimeSpan Window, bool ByAddress = false);

/// <summary>
/// The limits of endpoints. Each counts by user, or by address for who is not signed in (IPv6 by its first 64 bits, RFC 6177).
/// Whatever the endpoint, signed-in callers have two more: <see cref="User"/>, and <see cref="PlanName"/> for the whole company.
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

    /// <summary>Registering, signing in, refreshing: whatever takes a password or makes a token.</summary>
    public static readonly RateLimitPolicy Auth = new("auth", 50, TimeSpan.FromMinutes(5), ByAddress: true);

    /// <summary>The API.</summary>
    public static readonly RateLimitPolicy Api = new("api", 1000, TimeSpan.FromMinutes(1));

    /// <summary>What anybody may read; and every endpoint that names no other policy.</summary>
    public static readonly RateLimitPolicy Public = new("public", 2000, TimeSpan.FromMinutes(1));

    /// <summary>What the platform's operators do.</summary>
    public static readonly RateLimitPolicy Admin = new("admin", 10, TimeSpan.FromSeconds(10));

    /// <summary>Calls that a language model answers.</summary>
    public static readonly RateLimitPolicy Ai = new("ai", 20, TimeSpan.FromMinutes(1));

    /// <summary>Files that are sent in.</summary>
    public static readonly RateLimitPolicy Uploads = new("uploads", 60, TimeSpan.FromMinutes(15));

    /// <summary>What nobody does often and costs much: exports, bulk deletion, making users, whose passwords are hashed.</summary>
    public static readonly RateLimitPolicy Strict = new("strict", 10, TimeSpan.FromMinutes(1));

    /// <summary>No limit: for what must always answer, and for what costs less than to count it.</summary>
    public static readonly RateLimitPolicy None = new("none", 0, TimeSpan.Zero);

    /// <summary>Every policy that configuration can name.</summary>
    internal static readonly RateLimitPolicy[] All = [User, Auth, Api, Public, Admin, Ai, Uploads, Strict];

    /// <summary>Guards an endpoint, or all of a group that name no other policy.</summary>
    public static T WithRateLimit<T>(this T endpoints, RateLimitPolicy policy) where T : IEndpointConventionBuilder
        => endpoints.WithMetadata(policy);

    /// <summary>Registers the limiter.</summary>
    public static void AddRateLimits(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<RateLimitOptions>().BindConfiguration(RateLimitOptions.Section).ValidateDataAnnotations()
            .Validate(o => o.Policies.Keys.All(name => All.Any(p => p.Name == name)),
                $"RateLimits:Policies has a name that is none of: {string.Join(", ", All.Select(p => p.Name))}.")
            .Validate(o => o.Policies.Values.All(p => p is { Limit: null or >= 1, WindowSeconds: null or (>= 1 and <= 86_400) }),
                "RateLimits:Policies needs a Limit of 1 at least, and WindowSeconds from 1 to 86400.")
            .ValidateOnStart();
        builder.Services.AddSingleton<RateLimitMetrics>();
        builder.Services.AddSingleton<RedisWindows>();
        builder.Services.AddSingleton<LocalWindows>();
        builder.Services.AddSingleton<RateLimiter>();
        builder.Services.AddSingleton<ApplyingLimits>();
        builder.Services.AddSingleton<PlanLadder>();
        builder.Services.AddSingleton<RateLimitMiddleware>();
    }

    /// <summary>After authentication, which says whom to count; before everything that a refused request must not cost.</summary>
    public static void UseRateLimits(this WebApplication app)
    {
        var middleware = app.Services.GetRequiredService<RateLimitMiddleware>();
        app.Use(next => context => middleware.InvokeAsync(context, next));
    }
}
