using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;
using ScaleHub.Core.Platform.Caching;
using ScaleHub.Core.Platform.Plans;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Redis;
using ScaleHub.Http.Authentication;

namespace ScaleHub.Http.RateLimiting;

/// <summary>
/// Which limits apply to a request. For a caller who is signed in, these are the limit of the company's plan, the limit of the
/// user, and the endpoint's policy counted by user; <see cref="CountedBy"/> names the exceptions. For any other caller it is the
/// endpoint's policy counted by network address. So people who share an address do not use up each other's limits once they have
/// signed in.
/// </summary>
public sealed class ApplyingLimits(
    IOptions<RateLimitOptions> options, CompanyPlans plans, RedisStore redis, TimeProvider time, ILogger<ApplyingLimits> logger)
{
    // About 50 MB when it is full.
    private readonly BoundedMap<Caller, LimitSet> _sets = new(50_000);
    private readonly double _scale = options.Value.Scale;
    private readonly Dictionary<string, (int Limit, TimeSpan Window)> _policies = RateLimits.All.ToDictionary(
        p => p.Name, p => Configured(p, options.Value.Policies.GetValueOrDefault(p.Name), options.Value.Scale));

    /// <summary>The limits, and the plan where there is one.</summary>
    public async ValueTask<(LimitSet Limits, Plan? Plan)> FindAsync(HttpContext context, RateLimitPolicy policy)
    {
        if (policy.Counts is CountedBy.Address || context.Features.Get<AccessToken>() is not { } caller)
            return (new([ByAddress(policy, context)]), null);
        var plan = policy.Counts is CountedBy.UserAlone ? null : await PlanAsync(caller.CompanyId, context.RequestAborted);
        var byPlan = plan is null ? 0 : Scaled(plan.RequestsPer15Minutes);
        // The policies that are for callers without a token have no limit of their own here, so they are one.
        var key = new Caller(
            caller.CompanyId, caller.IsKey ? caller.SessionId : caller.UserId, policy.Counts is CountedBy.AnonymousAddress ? "" : policy.Name);
        if (!_sets.TryGet(key, out var set) || (set.Limits[0].Policy == RateLimits.PlanName ? set.Limits[0].Limit : 0) != byPlan)
            _sets.Set(key, set = Make(caller, policy, byPlan));
        return (set, plan);
    }

    private LimitSet Make(AccessToken caller, RateLimitPolicy policy, int byPlan)
    {
        var tag = $"{redis.Prefix}:{{{caller.CompanyId:N}}}";
        // A key has limits of its own: the person who made it must not be kept out by a machine.
        var user = caller.IsKey ? $":key:{caller.SessionId:N}" : $":{caller.UserId:N}";
        var limits = new List<ApplyingLimit>(3);
        if (byPlan > 0)
        {
            limits.Add(new(RateLimits.PlanName,
                $"{tag}:limit:{RateLimits.PlanName}:{RateLimits.PlanWindow.TotalSeconds}", byPlan, RateLimits.PlanWindow));
        }
        if (policy.Counts is not CountedBy.UserAlone) limits.Add(Limit(RateLimits.User, tag, user));
        if (policy.Counts is not CountedBy.AnonymousAddress) limits.Add(Limit(policy, tag, user));
        ApplyingLimit[] all = [.. limits];
        return new(all, new Reservation(all, time));
    }

    /// <summary>A limit that counts by the caller's network address.</summary>
    public ApplyingLimit ByAddress(RateLimitPolicy policy, HttpContext context)
        => By(policy, AddressOf(context.Connection.RemoteIpAddress));

    /// <summary>A limit that counts by something else.</summary>
    /// <param name="policy">Which.</param>
    /// <param name="whom">Names whom it counts; keys of the same are on the same node of a cluster.</param>
    /// <param name="part">One of several windows of the same.</param>
    public ApplyingLimit By(RateLimitPolicy policy, string whom, string part = "")
        => Limit(policy, $"{redis.Prefix}:{{{whom}}}", part);

    /// <summary>A number of requests as configuration scales it.</summary>
    public int Scaled(int limit) => Scaled(limit, _scale);

    /// <summary>
    /// An IPv4 address; of IPv6 the first 64 bits, since a single line gets at least that many (RFC 6177), and its holder could
    /// otherwise have 2^64 limits of his own.
    /// </summary>
    public static string AddressOf(IPAddress? address)
    {
        if (address is null) return "local"; // A Unix socket.
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        if (address.AddressFamily != AddressFamily.InterNetworkV6) return address.ToString();
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        return $"{BinaryPrimitives.ReadUInt64BigEndian(bytes):x16}/64";
    }

    private ApplyingLimit Limit(RateLimitPolicy policy, string tag, string whom)
    {
        var (limit, window) = _policies[policy.Name];
        return new(policy.Name, $"{tag}:limit:{policy.Name}:{window.TotalSeconds}{whom}", limit, window);
    }

    private async ValueTask<Plan?> PlanAsync(Guid companyId, CancellationToken cancellationToken)
    {
        try
        {
            return await plans.GetAsync(companyId, cancellationToken);
        }
        catch (Exception e) when (e is NoNodeException or InvalidOperationException || DatabaseErrors.IsPassing(e))
        {
            // The database is away, or the company is gone. The limits of user and endpoint hold without it, and what the
            // request needs from the database will say what is wrong better than a limiter can.
            logger.LogWarning("The plan of company {Company} could not be read ({Reason}); its limit is not applied",
                companyId, e.GetType().Name);
            return null;
        }
    }

    private static (int Limit, TimeSpan Window) Configured(RateLimitPolicy policy, PolicyOptions? own, double scale)
        => (Scaled(own?.Limit ?? policy.Limit, scale),
            own?.WindowSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : policy.Window);

    private static int Scaled(int limit, double scale) => (int)Math.Clamp(Math.Round(limit * scale), 1, 1_000_000_000);

    private readonly record struct Caller(Guid CompanyId, Guid Id, string Policy);
}
