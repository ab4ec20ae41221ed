using System.Net;
using Aspire.Hosting.ApplicationModel;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace ScaleHub.LocalAspire;

/// <summary>
/// The dashboard: a web server inside the AppHost's process that shows the resources and their consoles, and gives them
/// commands. It listens on the loopback address only and shows nothing to who has not logged in with the token of
/// <see cref="LoginUrl"/> (<see cref="DashboardGate"/>). It holds no state of its own: when a stream breaks, the page
/// connects again and gets everything anew.
/// </summary>
internal sealed class DashboardServer : IAsyncDisposable
{
    private const int PortsToTry = 100;

    private readonly WebApplication _app;

    private DashboardServer(WebApplication app, DashboardGate gate)
    {
        _app = app;
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        Port = new Uri(address).Port;
        LoginUrl = $"http://localhost:{Port}/login?t={gate.LoginToken}";
    }

    /// <summary>The port it listens on: the wanted one, or the next that was free.</summary>
    public int Port { get; }

    /// <summary>Opens the dashboard without a question; valid for this run.</summary>
    public string LoginUrl { get; }

    /// <param name="services">The application's services: model, notifications, logs and commands.</param>
    /// <param name="port">The port to listen on, or the next free one; 0 takes any.</param>
    /// <param name="ct">Ends the start.</param>
    /// <exception cref="StartException">No port near the wanted one is free.</exception>
    public static async Task<DashboardServer> StartAsync(IServiceProvider services, int port, CancellationToken ct)
    {
        for (var candidate = port; candidate < port + PortsToTry; candidate++)
        {
            var gate = new DashboardGate();
            var app = Build(services, gate, candidate);
            try
            {
                await app.StartAsync(ct);
                return new DashboardServer(app, gate);
            }
            catch (IOException exception) when (exception.InnerException is AddressInUseException)
            {
                await app.DisposeAsync();
            }
            catch
            {
                await app.DisposeAsync();
                throw;
            }
        }

        throw new StartException($"The ports {port} to {port + PortsToTry - 1} are all taken: free one for the dashboard.");
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static WebApplication Build(IServiceProvider services, DashboardGate gate, int port)
    {
        // The empty builder reads neither the environment nor files: ASPNETCORE_URLS and the like are meant for others.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = 16 * 1024; // the largest legitimate body is the login form
            kestrel.Listen(IPAddress.Loopback, port);
        });
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton<IHostLifetime, OwnersLifetime>();
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(2));
        var app = builder.Build();
        app.Use(gate.HandleAsync);
        app.UseRouting();

        foreach (var page in (string[])["/", "/parameters", "/graph", "/console", "/console/{resource}"])
            app.MapGet(page, context => DashboardFiles.ServeAsync(context, "index.html"));
        app.MapGet("/assets/{file}", (HttpContext context, string file) => DashboardFiles.ServeAsync(context, file));

        var feed = new ResourceFeed(
            services.GetRequiredService<DistributedApplicationModel>(),
            services.GetRequiredService<ResourceNotificationService>());
        var console = new ConsoleFeed(
            services.GetRequiredService<DistributedApplicationModel>(), services.GetRequiredService<ResourceLoggerService>());
        var commands = services.GetRequiredService<ResourceCommandService>();
        var stopping = app.Lifetime.ApplicationStopping; // an open stream must not hold up the end
        app.MapGet("/api/resources", () => feed.Current());
        app.MapGet("/api/resources/stream", (CancellationToken aborted) =>
            Results.ServerSentEvents(Streams.Until(feed.WatchAsync, aborted, stopping)));
        app.MapGet("/api/console/stream", (string? resource, CancellationToken aborted) =>
            Results.ServerSentEvents(Streams.Until(ct => console.WatchAsync(resource, ct), aborted, stopping)));
        app.MapPost("/api/resources/{name}/commands/{command}", async (string name, string command) =>
        {
            // Not tied to the request: a restart goes on when the page is closed.
            var result = await commands.ExecuteCommandAsync(name, command, CancellationToken.None);
            return new CommandAnswer(result.Success, result.Canceled, result.Message);
        });
        return app;
    }

    /// <summary>Whoever started the dashboard ends it. The usual lifetime would end it on Ctrl+C, before the resources.</summary>
    private sealed class OwnersLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed record CommandAnswer(bool Success, bool Canceled, string? Message);
}
