using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ScaleHub.ServiceDefaults.Configuration;

namespace ScaleHub.ServiceDefaults.Startup;

/// <summary>
/// Turns a start that fails for a reason outside the program (a setting, a port in use) into one line on standard error and
/// exit code 1. What is not known to be such a reason keeps its stack trace: it is a defect, and somebody must find it.
/// </summary>
public static class ClearErrors
{
    /// <summary>Runs a program. Returns its exit code.</summary>
    public static async Task<int> RunAsync(Func<Task<int>> program)
    {
        try
        {
            return await program();
        }
        catch (OperationCanceledException)
        {
            // It was asked to stop while it was starting.
            return 0;
        }
        catch (Exception e)
        {
            var line = Explain(e) ?? $"ended by a defect: {e}";
            await Console.Error.WriteLineAsync($"{AppDomain.CurrentDomain.FriendlyName}: {line}");
            return 1;
        }
    }

    /// <summary>Runs a program until it is stopped. Returns its exit code.</summary>
    public static Task<int> RunAsync(Func<Task> program)
        => RunAsync(async () =>
        {
            await program();
            // Not 0 when a service of the host ended the program.
            return Environment.ExitCode;
        });

    /// <summary>The line for a person, or null for an error that nobody expects.</summary>
    internal static string? Explain(Exception error) => error switch
    {
        ConfigurationException => error.Message,
        OptionsValidationException options => string.Join(" ", options.Failures),
        // What the configuration binder throws for a value of the wrong type; the message names the key.
        InvalidOperationException { InnerException: FormatException or ArgumentException or OverflowException } => error.Message,
        IOException { InnerException: AddressInUseException } =>
            $"{error.Message} Stop what holds it, or set ASPNETCORE_URLS to another.",
        SocketException { SocketErrorCode: SocketError.AccessDenied } =>
            $"{error.Message}: use a port above 1023 in ASPNETCORE_URLS.",
        AggregateException { InnerExceptions: [var only] } => Explain(only),
        _ => null,
    };

    /// <summary>
    /// The host logs why its start failed, with a stack trace, and throws the same: <see cref="RunAsync(Func{Task})"/> tells it.
    /// Once started, its log is as usual.
    /// </summary>
    internal static void SilenceHostWhileStarting(this IHostApplicationBuilder builder)
    {
        var started = new Started();
        builder.Services.AddSingleton<IHostedService>(started);
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host",
            level => started.Is && level >= LogLevel.Information);
    }

    private sealed class Started : IHostedLifecycleService
    {
        public volatile bool Is;

        public Task StartedAsync(CancellationToken cancellationToken)
        {
            Is = true;
            return Task.CompletedTask;
        }

        public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;
        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;
        public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;
        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
        public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
