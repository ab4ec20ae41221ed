using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using ScaleHub.AppHost.Start;

namespace ScaleHub.Tests.AppHost.Start;

public sealed class PatientHealthCheckTests
{
    [Fact]
    public async Task A_check_that_becomes_healthy_is_told_at_once_and_not_at_the_next_round()
    {
        var looks = 0;
        var report = await ReportAsync(() => ++looks switch
        {
            1 => throw new IOException("Connection refused"),
            2 => HealthCheckResult.Unhealthy("It starts."),
            3 => HealthCheckResult.Degraded("It does not stream."),
            _ => HealthCheckResult.Healthy(),
        });

        Assert.Equal(HealthStatus.Healthy, report.Status);
        Assert.Equal(4, looks);
    }

    [Fact]
    public async Task A_check_that_stays_unhealthy_tells_its_last_reason()
    {
        var looks = 0;
        var report = await ReportAsync(() => HealthCheckResult.Unhealthy($"Look {++looks}"));

        Assert.Equal(HealthStatus.Unhealthy, report.Status);
        Assert.True(looks > 1);
        Assert.Equal($"Look {looks}", report.Description);
    }

    [Fact]
    public async Task A_check_that_keeps_failing_tells_its_last_exception()
    {
        var report = await ReportAsync(() => throw new IOException("Connection refused"));

        Assert.Equal(HealthStatus.Unhealthy, report.Status);
        Assert.IsType<IOException>(report.Exception);
    }

    private static async Task<HealthReportEntry> ReportAsync(Func<HealthCheckResult> look)
    {
        var services = new ServiceCollection().AddLogging();
        services.AddHealthChecks().AddCheck("server", look);
        services.AddPatientHealthChecks();
        await using var provider = services.BuildServiceProvider();
        return (await provider.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Entries["server"];
    }
}
