using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using ScaleHub.LocalAspire;

namespace Aspire.Hosting;

/// <summary>An application that can be run.</summary>
public class DistributedApplication(IHost host) : IHost, IAsyncDisposable
{
    private readonly EntryPointHook? _hook = EntryPointHook.Current;
    private bool _stopped;

    /// <summary>Services of the AppHost.</summary>
    public IServiceProvider Services => host.Services;

    /// <summary>How every resource is.</summary>
    public ResourceNotificationService ResourceNotifications => Services.GetRequiredService<ResourceNotificationService>();

    /// <summary>Commands to resources.</summary>
    public ResourceCommandService ResourceCommands => Services.GetRequiredService<ResourceCommandService>();

    /// <summary>Describes an application without a command line.</summary>
    public static IDistributedApplicationBuilder CreateBuilder() => CreateBuilder([]);

    /// <summary>Describes an application.</summary>
    public static IDistributedApplicationBuilder CreateBuilder(string[] args) => new DistributedApplicationBuilder(args);

    /// <summary>Describes an application.</summary>
    public static IDistributedApplicationBuilder CreateBuilder(DistributedApplicationOptions options)
        => new DistributedApplicationBuilder(options);

    /// <summary>
    /// Starts everything, waits for Ctrl+C, stops everything. A broken start is told in one line, with exit code 1.
    /// </summary>
    public void Run() => RunAsync().GetAwaiter().GetResult();

    /// <inheritdoc cref="Run"/>
    public virtual async Task RunAsync(CancellationToken cancellationToken = default)
    {
        if (_hook is not null)
        {
            // Under test, the test starts and stops the application; the entry point only keeps it company.
            await _hook.Ended.WaitAsync(cancellationToken);
            return;
        }
        try
        {
            await host.StartAsync(cancellationToken);
            var broken = await Services.GetRequiredService<Orchestrator>().WatchInitialStartAsync(cancellationToken);
            if (broken is null)
            {
                await host.WaitForShutdownAsync(cancellationToken);
            }
            else
            {
                Fail(broken);
            }
        }
        catch (StartException failure)
        {
            Fail(failure.Message);
        }
        catch (OperationCanceledException)
        {
            // Ctrl+C during the start: the stop below is all that is asked for.
        }
        finally
        {
            await DisposeAsync();
        }

        void Fail(string line)
        {
            Services.GetRequiredService<StartConsole>().Close();
            System.Console.Error.WriteLine(line);
            Environment.ExitCode = 1;
        }
    }

    /// <summary>Starts everything; returns when the resources have been told to start.</summary>
    public virtual Task StartAsync(CancellationToken cancellationToken = default) => host.StartAsync(cancellationToken);

    /// <summary>Stops everything, in reverse order.</summary>
    public virtual Task StopAsync(CancellationToken cancellationToken = default)
    {
        _stopped = true;
        return host.StopAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public virtual void Dispose()
    {
        DisposeAsync().AsTask().GetAwaiter().GetResult();
        GC.SuppressFinalize(this);
    }

    /// <inheritdoc/>
    public virtual async ValueTask DisposeAsync()
    {
        if (!_stopped)
        {
            await StopAsync();
        }
        await ((IAsyncDisposable)host).DisposeAsync();
        _hook?.End();
        GC.SuppressFinalize(this);
    }
}
