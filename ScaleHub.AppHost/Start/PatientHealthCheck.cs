using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ScaleHub.AppHost.Start;

/// <summary>
/// A health check that looks again every 100 ms while its answer is not healthy, for 5 seconds, before it tells it. Aspire asks a
/// check that was not healthy again after 1, 2, 3, 4 and then every 5 seconds, and what waits for a resource would lose that time
/// at each step of a start; this way a resource is healthy within 100 ms of being so.
/// </summary>
/// <remarks>An answer that stays unhealthy is told 5 seconds later than without it.</remarks>
internal sealed class PatientHealthCheck(IHealthCheck check) : IHealthCheck
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                var result = await check.CheckHealthAsync(context, cancellationToken);
                if (result.Status == HealthStatus.Healthy || IsOver()) return result;
            }
            // The last one is told as it was thrown.
            catch (Exception) when (!cancellationToken.IsCancellationRequested && !IsOver())
            {
            }
            await Task.Delay(Pause, cancellationToken);
        }

        bool IsOver() => TimeProvider.System.GetElapsedTime(start) >= Patience;
    }
}

/// <summary>Makes every health check of the graph a <see cref="PatientHealthCheck"/>.</summary>
internal static class PatientHealthCheckExtensions
{
    public static void AddPatientHealthChecks(this IServiceCollection services)
        => services.PostConfigure<HealthCheckServiceOptions>(options =>
        {
            foreach (var registration in options.Registrations)
            {
                var factory = registration.Factory;
                registration.Factory = services => new PatientHealthCheck(factory(services));
            }
        });
}
