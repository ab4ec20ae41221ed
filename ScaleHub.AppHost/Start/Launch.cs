using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ScaleHub.AppHost.Start;

/// <summary>
/// A start of the graph. What is wrong with it is one sentence on standard error, and an exit code: 2 for an option that is not
/// allowed, 1 for everything else.
/// </summary>
internal static class Launch
{
    // The addresses of Aspire's dashboard, which the launch profile sets.
    private static readonly string[] DashboardAddresses =
        ["ASPNETCORE_URLS", "ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL", "ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL"];

    /// <summary>Builds the graph and runs it until it is stopped.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(string[] args, Func<IDistributedApplicationBuilder, Settings, Task> addGraph)
    {
        if (args.Any(arg => arg is "--help" or "-h"))
        {
            Console.WriteLine(Settings.Help);
            return 0;
        }
        var isTest = false;
        try
        {
            // Before the builder, which reads the addresses.
            var settings = Settings.Read(
                new ConfigurationBuilder().AddEnvironmentVariables().AddCommandLine(Settings.Spelled(args)).Build());
            foreach (var address in DashboardAddresses) Ports.Move("dashboard", address, settings);
            var builder = DistributedApplication.CreateBuilder(Settings.Spelled(args));
            // Now with what a test, or a file of settings, adds.
            settings = Settings.Read(builder.Configuration);
            isTest = settings.RandomPorts;
            await addGraph(builder, settings);
            builder.Services.AddPatientHealthChecks();
            if (!settings.RandomPorts)
            {
                builder.Configuration["DcpPublisher:WaitForResourceCleanup"] = "true";
                // StartConsole says what Aspire's messages of a start say, and in less.
                builder.Services.AddLogging(logging => logging
                    .AddFilter("Aspire", LogLevel.Warning).AddFilter("Microsoft", LogLevel.Warning)
                    // Two warnings that do not matter here: no development certificate is trusted, and the keys of the dashboard's
                    // sign-in are not encrypted.
                    .AddFilter("Aspire.Hosting.Dcp.DcpHost", LogLevel.Error)
                    .AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.Error)
                    // A start that is given up is told by StartConsole.
                    .AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None));
                // First, as Aspire's own service does not return from its start before the resources are made.
                builder.Services.Insert(0, ServiceDescriptor.Singleton<IHostedService, StartConsole>());
            }
            await using var app = builder.Build();
            await app.RunAsync();
            // 1 when the start was broken.
            return Environment.ExitCode;
        }
        catch (OperationCanceledException)
        {
            // The graph was stopped while it started, by Ctrl+C or because it was broken.
            return Environment.ExitCode;
        }
        catch (FormatException wrong)
        {
            Console.Error.WriteLine(wrong.Message);
            return 2;
        }
        catch (StartException broken)
        {
            Console.Error.WriteLine(broken.Message);
            return 1;
        }
        // Such as a port that another program took meanwhile. In a test the exception is the test's.
        catch (Exception broken) when (broken is IOException or DistributedApplicationException && !isTest)
        {
            Console.Error.WriteLine($"The start is broken: {broken.Message}");
            return 1;
        }
    }

    /// <summary>
    /// A generated secret of 40 letters and digits (no punctuation: it travels in connection strings and URLs).
    /// </summary>
    public static IResourceBuilder<ParameterResource> AddSecret(
        this IDistributedApplicationBuilder builder, [ResourceName] string name)
        => builder.AddParameter(name, new GenerateParameterDefault { MinLength = 40, Special = false }, secret: true, persist: true);
}
