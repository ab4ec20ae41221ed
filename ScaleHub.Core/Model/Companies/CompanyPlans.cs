using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using ScaleHub.Core.Platform.Caching;
using ScaleHub.Core.Platform.Redis;
using ScaleHub.Core.Platform.Tenancy;

namespace ScaleHub.Core.Model.Companies;

/// <summary>
/// Which plan each company is on, kept in process.
/// <para>Guarantee: a change of plan is seen by every instance in milliseconds, and within three seconds when Redis is away. A
/// plan that is kept is answered without waiting, and also when the database is away.</para>
/// </summary>
public sealed class CompanyPlans
{
    private readonly LiveCache<Plan> _plans;
    private readonly IServiceScopeFactory _scopes;

    /// <summary>Listens to news from the other instances.</summary>
    public CompanyPlans(Broadcast broadcast, IServiceScopeFactory scopes, TimeProvider time)
    {
        _scopes = scopes;
        _plans = new LiveCache<Plan>("plan", broadcast, time, capacity: 50_000, TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(2))
            .Listening();
    }

    /// <summary>The company's plan.</summary>
    /// <exception cref="InvalidOperationException">There is no such company.</exception>
    /// <exception cref="Platform.Postgres.NoNodeException">It is not kept, and there is no primary now.</exception>
    public async ValueTask<Plan> GetAsync(Guid companyId, CancellationToken cancellationToken)
    {
        // The load serves all who wait for it, so it does not end with one of them.
        var plan = _plans.GetAsync(companyId, () => LoadAsync(companyId));
        return (plan.IsCompletedSuccessfully ? plan.Result : await plan.AsTask().WaitAsync(cancellationToken))
            ?? throw new InvalidOperationException("There is no such company.");
    }

    /// <summary>Tells every instance that the company's plan has changed; after the commit.</summary>
    public ValueTask ChangedAsync(Guid companyId, CancellationToken cancellationToken)
        => _plans.ForgetAsync(companyId, cancellationToken);

    private async Task<Plan?> LoadAsync(Guid companyId)
    {
        await using var scope = _scopes.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<Tenant>().Become(companyId, null);
        // From the primary: a standby might still have the plan before the change.
        var db = scope.ServiceProvider.GetRequiredService<ScaleHubDb>();
        return await db.Companies.Where(c => c.Id == companyId)
            .Join(db.Plans, c => c.Plan, p => p.Name, (_, p) => p).AsNoTracking().SingleOrDefaultAsync();
    }
}
