using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using ScaleHub.Testing;

namespace ScaleHub.Tests.AppHost;

/// <summary>nginx with the template of the AppHost, in front of a server that answers with the headers that reach it.</summary>
public sealed class NginxTests : IAsyncLifetime
{
    private readonly string _home = Directory.CreateTempSubdirectory("scalehub-nginx-").FullName;
    private readonly WebApplication _behind = CreateEcho();
    private Process? _nginx;
    private int _port, _tlsPort;

    [Fact]
    public async Task What_a_client_claims_about_where_it_comes_from_does_not_reach_the_API()
    {
        await StartAsync(trusted: "10.0.0.0/8");
        var seen = await AskAsync($"http://127.0.0.1:{_port}", "203.0.113.9", "https");
        Assert.Equal(("127.0.0.1", "http"), seen);
    }

    [Fact]
    public async Task When_a_request_was_handed_on_is_told_by_nginx_alone()
    {
        await StartAsync(trusted: "127.0.0.0/8");
        using var client = new HttpClient();
        client.DefaultRequestHeaders.Add("ScaleHub-Balancer", "1.000 1.000");
        var before = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        using var response = await client.GetAsync($"http://127.0.0.1:{_port}/anything");
        var told = (await response.JsonAsync(HttpStatusCode.OK)).GetProperty("ScaleHub-Balancer").GetString()!.Split(' ')
            .Select(n => double.Parse(n, CultureInfo.InvariantCulture)).ToList();
        Assert.Equal(2, told.Count);
        Assert.InRange(told[0], before - 1, DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 1);
        Assert.InRange(told[1], 0, told[0] - before + 1);
    }

    [Theory]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00", true)]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", true)]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736", false)]
    [InlineData("of no trace", false)]
    [InlineData(null, false)]
    public async Task A_trace_goes_on_through_it_and_begins_there_when_the_client_has_none(string? traceparent, bool isPassedOn)
    {
        await StartAsync(trusted: null);
        // Adds no header of its own, as it would while a test beside this one collects traces.
        using var client = new HttpClient(new SocketsHttpHandler { ActivityHeadersPropagator = null });
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{_port}/anything");
        if (traceparent is not null) request.Headers.TryAddWithoutValidation("traceparent", traceparent);
        using var response = await client.SendAsync(request);
        var told = (await response.JsonAsync(HttpStatusCode.OK)).GetProperty("traceparent").GetString()!;
        if (isPassedOn) Assert.Equal(traceparent, told);
        else Assert.Matches("^00-(?!4bf92f35)[0-9a-f]{32}-[0-9a-f]{16}-01$", told);
    }

    [Fact]
    public async Task What_a_trusted_proxy_says_of_its_client_reaches_the_API()
    {
        await StartAsync(trusted: "127.0.0.0/8");
        Assert.Equal(("203.0.113.9", "https"), await AskAsync($"http://127.0.0.1:{_port}", "203.0.113.9", "https"));
        // What the client of the trusted proxy claims itself is left of what the proxy adds.
        Assert.Equal(("203.0.113.9", "http"), await AskAsync($"http://127.0.0.1:{_port}", "192.0.2.1, 203.0.113.9", "http"));
        Assert.Equal(("203.0.113.9", "http"), await AskAsync($"http://127.0.0.1:{_port}", "203.0.113.9", "javascript"));
    }

    [Fact]
    public async Task With_a_certificate_it_also_answers_by_TLS_and_says_so_to_the_API()
    {
        WriteCertificate();
        await StartAsync(trusted: null, tls: true);
        Assert.Equal(("127.0.0.1", "https"), await AskAsync($"https://127.0.0.1:{_tlsPort}", null, "http"));
        Assert.Equal(("127.0.0.1", "http"), await AskAsync($"http://127.0.0.1:{_port}", null, null));
    }

    [Fact]
    public async Task An_answer_that_is_private_sets_a_cookie_or_names_no_lifetime_is_not_kept()
    {
        await StartAsync(trusted: null);
        using var client = new HttpClient { BaseAddress = new($"http://127.0.0.1:{_port}") };
        foreach (var path in (string[])["/api/v1/feed", "/assets/a.css"])
        {
            foreach (var headers in (string[])["Cache-Control=private,max-age=60", "Cache-Control=no-cache,max-age=60",
                "Cache-Control=no-store,max-age=60", "Cache-Control=public,max-age=60&Set-Cookie=a", "Cache-Control=public", ""])
            {
                Assert.Equal("nginx; fwd=uri-miss", await AskedAsync($"{path}?{headers}"));
                Assert.Equal("nginx; fwd=uri-miss", await AskedAsync($"{path}?{headers}"));
            }
            Assert.Equal("nginx; fwd=uri-miss", await AskedAsync($"{path}?Cache-Control=public,max-age=60"));
            Assert.Equal("nginx; hit", await AskedAsync($"{path}?Cache-Control=public,max-age=60"));
        }

        async Task<string> AskedAsync(string path)
        {
            using var response = await client.GetAsync(path);
            return response.EnsureSuccessStatusCode().Headers.GetValues("Cache-Status").Single();
        }
    }

    [Fact]
    public async Task Invented_queries_take_64_MB_at_most_and_push_out_no_file()
    {
        const string Lasts = "Cache-Control=public,max-age=600", File = $"/assets/a.css?{Lasts}";
        await StartAsync(trusted: null);
        using var client = new HttpClient { BaseAddress = new($"http://127.0.0.1:{_port}") };
        (await client.GetAsync(File)).EnsureSuccessStatusCode();
        foreach (var n in Enumerable.Range(0, 80))
            (await client.GetAsync($"/api/v1/feed?n={n}&size=1048576&{Lasts}")).EnsureSuccessStatusCode();

        // nginx looks every ten seconds, or sooner.
        var kept = new DirectoryInfo(Path.Combine(_home, "nginx", "cache", "feed"));
        await Poll.UntilAsync(() => Assert.InRange(
            kept.EnumerateFiles("*", SearchOption.AllDirectories).Sum(f => f.Length), 32 << 20, 64 << 20), seconds: 60);
        using var file = await client.GetAsync(File);
        Assert.Equal("nginx; hit", file.Headers.GetValues("Cache-Status").Single());
    }

    public async Task InitializeAsync() => await _behind.StartAsync();

    public async Task DisposeAsync()
    {
        if (_nginx is not null)
        {
            // The master ends its workers.
            using (var kill = Process.Start("kill", ["-TERM", $"{_nginx.Id}"])) await kill.WaitForExitAsync();
            await _nginx.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
            _nginx.Dispose();
        }
        await _behind.DisposeAsync();
        Directory.Delete(_home, recursive: true);
    }

    private async Task StartAsync(string? trusted, bool tls = false)
    {
        (_port, _tlsPort) = (FreePort.Find(), FreePort.Find());
        var listen = $"listen 127.0.0.1:{_port};";
        if (tls)
            listen += $" listen 127.0.0.1:{_tlsPort} ssl; ssl_certificate {_home}/nginx/tls.crt; ssl_certificate_key {_home}/nginx/tls.key;";
        var scripts = Path.Combine(Repository.Root, "ScaleHub.AppHost", "Servers");
        var start = new ProcessStartInfo("sh", ["-c", "exec \"$@\" >/dev/null 2>&1 </dev/null", "sh", "bash",
            Path.Combine(scripts, "Native", "run-nginx.sh")])
        {
            Environment =
            {
                ["NGINX_PROGRAM"] = (await InstalledServers.FindAsync()).Nginx,
                ["NGINX_HOME"] = $"{_home}/nginx",
                ["NGINX_CACHE"] = $"{_home}/nginx/cache",
                ["NGINX_TEMPLATE"] = Path.Combine(scripts, "nginx.conf.template"),
                ["NGINX_LISTEN"] = listen,
                ["NGINX_REAL_IP_FROM"] = trusted is null ? "" : $"set_real_ip_from {trusted};",
                ["NGINX_TRUSTED"] = trusted is null ? "" : $"{trusted} 1;",
                ["NGINX_CERTIFICATE"] = tls ? $"{_home}/cert.pem" : "",
                ["NGINX_CERTIFICATE_KEY"] = tls ? $"{_home}/key.pem" : "",
                ["API_SERVERS"] = $"server {new Uri(_behind.Urls.Single()).Authority};",
            },
        };
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(_home, (UnixFileMode)0b111_101_101);
        _nginx = Process.Start(start)!;
        await Poll.UntilAsync(async () => await AskAsync($"http://127.0.0.1:{_port}", null, null));
    }

    private static async Task<(string For, string Scheme)> AskAsync(string address, string? forwardedFor, string? scheme)
    {
        using var handler = new HttpClientHandler
        {
            ServerCertificateCustomValidationCallback = HttpClientHandler.DangerousAcceptAnyServerCertificateValidator,
        };
        using var client = new HttpClient(handler) { BaseAddress = new Uri(address) };
        using var request = new HttpRequestMessage(HttpMethod.Get, "/anything");
        if (forwardedFor is not null) request.Headers.Add("X-Forwarded-For", forwardedFor);
        if (scheme is not null) request.Headers.Add("X-Forwarded-Proto", scheme);
        using var response = await client.SendAsync(request);
        var seen = await response.JsonAsync(HttpStatusCode.OK);
        return (seen.GetProperty("X-Forwarded-For").GetString()!, seen.GetProperty("X-Forwarded-Proto").GetString()!);
    }

    private void WriteCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        File.WriteAllText(Path.Combine(_home, "cert.pem"), certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(_home, "key.pem"), key.ExportPkcs8PrivateKeyPem());
    }

    private static WebApplication CreateEcho()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.Run(context =>
        {
            // The headers of the answer are those that the query names.
            foreach (var name in (string[])["Cache-Control", "Set-Cookie"])
                if (context.Request.Query.TryGetValue(name, out var value)) context.Response.Headers[name] = value;
            return context.Response.WriteAsync(int.TryParse(context.Request.Query["size"], out var size)
                ? new string('x', size)
                : JsonSerializer.Serialize(context.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString())));
        });
        return app;
    }
}
