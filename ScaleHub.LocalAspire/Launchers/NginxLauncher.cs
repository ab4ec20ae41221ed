using System.Globalization;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Aspire.Hosting.ApplicationModel;

namespace ScaleHub.LocalAspire;

/// <summary>
/// Runs what the official image of nginx runs: the templates of <c>/etc/nginx/templates</c>, with the variables of the
/// environment filled in, as <c>conf.d</c>. The ports that they listen on are published on loopback only; the image's folder
/// for caches is one of this run. Needs no root.
/// </summary>
internal sealed partial class NginxLauncher : Launcher
{
    private const string ImageCache = "/var/cache/nginx";

    public override ServerKind? Needs => ServerKind.Nginx;

    public override string? Program(ServerBinaries servers) => servers.Nginx;

    public override bool Runs(IResource resource) => resource is ContainerResource && Image(resource) == "nginx";

    public override async Task<Launch> PrepareAsync(LaunchContext context, CancellationToken ct)
    {
        var files = await context.WriteContainerFilesAsync(ct);
        var home = context.WorkDirectory;
        var sites = Directory.CreateDirectory(Path.Combine(home, "conf.d")).FullName;
        var cache = Directory.CreateDirectory(Path.Combine(home, "cache")).FullName;
        var templates = Path.Combine(files, "etc", "nginx", "templates");
        foreach (var template in Directory.Exists(templates) ? Directory.GetFiles(templates, "*.template") : [])
        {
            var filled = Variable().Replace(
                await File.ReadAllTextAsync(template, ct), m => context.Environment.GetValueOrDefault(m.Groups[1].Value, m.Value));
            await File.WriteAllTextAsync(
                Path.Combine(sites, Path.GetFileNameWithoutExtension(template)),
                Listen().Replace(filled, OnLoopback).Replace(ImageCache, cache, StringComparison.Ordinal), ct);
        }
        var main = Path.Combine(home, "nginx.conf");
        await File.WriteAllTextAsync(main, MainConfiguration(context, home, sites), ct);
        context.Graph.Files.GiveToServer(home);
        var start = new ChildStart(
            context.Graph.Servers.Nginx!, ["-p", home, "-e", "stderr", "-c", main], context.ContainerEnvironment(), home,
            context.ServerUser, StandardInput: null, context.Log);
        return new(start, Signals.Quit);
    }

    // A line per request would be most of the work of the whole balancer, and the traces tell more; errors are logged.
    private static string MainConfiguration(LaunchContext context, string home, string sites) => $$"""
        daemon off;
        worker_processes auto;
        worker_shutdown_timeout 2s;
        pid {{home}}/nginx.pid;
        error_log stderr notice;
        events { worker_connections 8192; }
        http {
            default_type application/octet-stream;
            access_log off;
            client_body_temp_path {{home}}/client_body;
            proxy_temp_path {{home}}/proxy;
            fastcgi_temp_path {{home}}/fastcgi;
            uwsgi_temp_path {{home}}/uwsgi;
            scgi_temp_path {{home}}/scgi;
            include {{sites}}/*.conf;
        }

        """;

    private static string OnLoopback(Match listen)
    {
        var port = int.Parse(listen.Groups[1].Value, CultureInfo.InvariantCulture);
        return $"listen 127.0.0.1:{port}{listen.Groups[2].Value};"
            + (Socket.OSSupportsIPv6 ? $" listen [::1]:{port}{listen.Groups[2].Value};" : "");
    }

    [GeneratedRegex(@"\$\{(\w+)\}")]
    private static partial Regex Variable();

    [GeneratedRegex(@"\blisten\s+(\d+)([^;]*);")]
    private static partial Regex Listen();
}
