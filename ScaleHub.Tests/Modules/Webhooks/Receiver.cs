using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using ScaleHub.Testing;

namespace ScaleHub.Tests.Modules.Webhooks;

/// <summary>A server that takes webhooks, as a company would write it; it can be down, and answer as a test says.</summary>
internal sealed class Receiver : IAsyncDisposable
{
    private readonly int _port;
    private WebApplication? _app;

    public Receiver()
    {
        _port = FreePort.Find();
    }

    public string Url => $"http://127.0.0.1:{_port}/hook";

    /// <summary>The same server by a name.</summary>
    public string NamedUrl => $"http://localhost:{_port}/hook";

    /// <summary>Every call, in order.</summary>
    public ConcurrentQueue<Call> Calls { get; } = [];

    /// <summary>What it answers.</summary>
    public Func<HttpContext, Task> Answer { get; set; } = _ => Task.CompletedTask;

    public async Task<Receiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{_port}");
        _app = builder.Build();
        _app.Run(async http =>
        {
            using var body = new MemoryStream();
            await http.Request.Body.CopyToAsync(body);
            Calls.Enqueue(new(http.Request.Path, http.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(),
                StringComparer.OrdinalIgnoreCase), body.ToArray()));
            await Answer(http);
        });
        await _app.StartAsync();
        return this;
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null) await _app.DisposeAsync();
    }
}

/// <summary>A call as it came.</summary>
internal sealed record Call(string Path, Dictionary<string, string> Headers, byte[] Body)
{
    public string Id => Headers["webhook-id"];

    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    /// <summary>What happened.</summary>
    public JsonElement Data => Json.GetProperty("data");

    public string Type => Json.GetProperty("type").GetString()!;

    /// <summary>Whether somebody who has the secret may believe the call: written after the text of Standard Webhooks 1.0.0, and
    /// sharing no code with the program.</summary>
    public bool IsSignedWith(string secret)
    {
        const string Prefix = "whsec_";
        Assert.StartsWith(Prefix, secret, StringComparison.Ordinal);
        var key = Convert.FromBase64String(secret[Prefix.Length..]);
        Assert.InRange(key.Length, 24, 64);
        Assert.DoesNotContain('.', Id);
        var timestamp = Headers["webhook-timestamp"];
        var age = DateTimeOffset.UtcNow - DateTimeOffset.FromUnixTimeSeconds(long.Parse(timestamp, CultureInfo.InvariantCulture));
        Assert.InRange(age, TimeSpan.FromMinutes(-5), TimeSpan.FromMinutes(5));
        using var hmac = new HMACSHA256(key);
        byte[] content = [.. Encoding.ASCII.GetBytes(Id), (byte)'.', .. Encoding.ASCII.GetBytes(timestamp), (byte)'.', .. Body];
        var expected = hmac.ComputeHash(content);
        return Headers["webhook-signature"].Split(' ').Select(s => s.Split(',', 2)).Any(s => s is ["v1", var signature]
            && CryptographicOperations.FixedTimeEquals(Convert.FromBase64String(signature), expected));
    }
}
