using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ScaleHub.Tests.LocalAspire;

public sealed class OrderTests : IDisposable
{
    private readonly CancellationTokenSource _deadline = new(TimeSpan.FromSeconds(20));

    public void Dispose() => _deadline.Dispose();

    [Fact]
    public async Task A_resource_starts_when_what_it_waits_for_has_completed()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create();
        var first = Shell(builder, "first", "exit 0");
        Shell(builder, "second", "sleep 60").WaitForCompletion(first);
        var app = await StartAsync(builder);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("second", _deadline.Token);
        Assert.Equal(KnownResourceStates.Finished, State(app, "first"));
    }

    [Fact]
    public async Task A_resource_fails_to_start_when_what_it_waits_for_ends_otherwise()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create();
        Shell(builder, "second", "sleep 60").WaitForCompletion(Shell(builder, "first", "exit 7"));
        var app = await StartAsync(builder);
        await Assert.ThrowsAsync<DistributedApplicationException>(
            () => app.ResourceNotifications.WaitForResourceHealthyAsync("second", _deadline.Token));
        Assert.Equal(KnownResourceStates.FailedToStart, State(app, "second"));
        Assert.True(app.ResourceNotifications.TryGetCurrentState("first", out var first));
        Assert.Equal(7, first.Snapshot.ExitCode);
    }

    [Fact]
    public async Task A_resource_waits_for_health_and_for_the_ready_handlers()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create();
        var isHealthy = false;
        var handled = new TaskCompletionSource();
        builder.Services.AddHealthChecks().AddCheck(
            "check", () => Volatile.Read(ref isHealthy) ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy());
        var first = Shell(builder, "first", "sleep 60").WithHealthCheck("check").OnResourceReady((_, _, ct) => handled.Task.WaitAsync(ct));
        Shell(builder, "second", "sleep 60").WaitFor(first);
        var app = await StartAsync(builder);

        await app.ResourceNotifications.WaitForResourceAsync(
            "first", e => e.Snapshot.HealthStatus == HealthStatus.Unhealthy && e.Snapshot.HealthReports[0].Status is not null, _deadline.Token);
        Volatile.Write(ref isHealthy, true);
        await app.ResourceNotifications.WaitForResourceAsync("first", e => e.Snapshot.HealthStatus == HealthStatus.Healthy, _deadline.Token);
        Assert.Equal(KnownResourceStates.Waiting, State(app, "second"));
        handled.SetResult();
        await app.ResourceNotifications.WaitForResourceHealthyAsync("second", _deadline.Token);
    }

    [Fact]
    public async Task Commands_stop_and_start_a_resource()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create();
        Shell(builder, "only", "sleep 60").WithExplicitStart();
        var app = await StartAsync(builder);
        Assert.Equal(KnownResourceStates.NotStarted, State(app, "only"));

        foreach (var command in (string[])[KnownResourceCommands.StartCommand, KnownResourceCommands.RestartCommand])
        {
            Assert.True((await app.ResourceCommands.ExecuteCommandAsync("only", command, _deadline.Token)).Success);
            await app.ResourceNotifications.WaitForResourceHealthyAsync("only", _deadline.Token);
        }
        Assert.True((await app.ResourceCommands.ExecuteCommandAsync("only", KnownResourceCommands.StopCommand, _deadline.Token)).Success);
        Assert.Equal(KnownResourceStates.Finished, State(app, "only"));
    }

    [Fact]
    public async Task Nothing_waits_for_itself()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create();
        var only = Shell(builder, "only", "true");
        Assert.Throws<DistributedApplicationException>(() => only.WaitFor(only));
    }

    [Fact]
    public async Task Telemetry_names_the_resource_and_output_is_kept()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create();
        var talker = Shell(builder, "talker", "echo one; echo two >&2");
        var app = await StartAsync(builder);
        await app.ResourceNotifications.WaitForResourceAsync("talker", KnownResourceStates.Finished, _deadline.Token);
        var lines = new List<LogLine>();
        await foreach (var batch in app.Services.GetRequiredService<ResourceLoggerService>().GetAllAsync(talker.Resource))
        {
            lines.AddRange(batch);
        }
        Assert.Contains(lines, l => l is { Content: "one", IsErrorMessage: false });
        Assert.Contains(lines, l => l is { Content: "two", IsErrorMessage: true });
    }

    private static IResourceBuilder<ExecutableResource> Shell(IDistributedApplicationBuilder builder, string name, string script)
        => builder.AddExecutable(name, "sh", "/", "-c", script);

    private async Task<DistributedApplication> StartAsync(IDistributedApplicationTestingBuilder builder)
    {
        var app = await builder.BuildAsync(_deadline.Token);
        await app.StartAsync(_deadline.Token);
        return app;
    }

    private static string? State(DistributedApplication app, string name)
        => app.ResourceNotifications.TryGetCurrentState(name, out var now) ? now.Snapshot.State?.Text : null;
}
