using Microsoft.Extensions.DependencyInjection;
using ScaleHub.Core.Platform.Postgres;

namespace ScaleHub.Core.Platform.Consistency;

/// <summary>Reads of a job that must see everything that was committed before it began.</summary>
public static class CurrentReads
{
    /// <summary>
    /// The scope's <see cref="ReadDb"/>, on a standby that has all that is committed by now; on the primary when none has, or when the
    /// primary does not tell how far it is. Call it before anything else asks the scope for one.
    /// </summary>
    public static async Task<ReadDb> OpenCurrentReadsAsync(this IServiceProvider services)
    {
        var consistency = services.GetRequiredService<ReadConsistency>();
        if (await services.GetRequiredService<PrimaryPosition>().ReadAsync() is { } position) consistency.Require(position);
        else consistency.RequirePrimary();
        return services.GetRequiredService<ReadDb>();
    }
}
