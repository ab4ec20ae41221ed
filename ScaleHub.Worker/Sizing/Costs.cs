namespace ScaleHub.Worker.Sizing;

/// <summary>
/// What one request costs, in microseconds of a core: of the API, of the primary, of a standby and of Redis. As the row <c>costs</c> of
/// <c>perf/run</c> measures it; docs/capacity.md has the machine.
/// </summary>
/// <param name="Api">An instance.</param>
/// <param name="Primary">PostgreSQL's primary, its background work included.</param>
/// <param name="Standby">The standby that answers; for a write, each standby that replays it.</param>
/// <param name="Redis">Redis.</param>
internal sealed record RequestCost(double Api, double Primary, double Standby, double Redis);

/// <summary>What everything costs.</summary>
internal static class Costs
{
    /// <summary>A list that the cache has.</summary>
    public static readonly RequestCost CachedRead = new(Api: 390, Primary: 0, Standby: 0, Redis: 14);

    /// <summary>A list that a standby answers.</summary>
    public static readonly RequestCost Read = new(Api: 800, Primary: 10, Standby: 230, Redis: 28);

    /// <summary>A creation with its audit entry and idempotency record.</summary>
    public static readonly RequestCost Write = new(Api: 3900, Primary: 2100, Standby: 540, Redis: 130);

    /// <summary>Redis, for a user who is signed in: the session, windows of limits, and a share of the company's cached pages.</summary>
    public const int RedisBytesOfUser = 12_000;

    /// <summary>On the disk of each database server, for a creation, indexes included.</summary>
    public const int DiskBytesOfWrite = 2_700;

    /// <summary>On the disk, for an active company and month: minutes of metrics, which are kept for two days, then hours and days.</summary>
    public const int DiskBytesOfCompany = 200_000;

    /// <summary>
    /// How much of its cores a server uses at the busiest time. The rest is for the loss of another one, for bursts, and for the work
    /// in the background.
    /// </summary>
    public const double Utilisation = 0.5;
}
