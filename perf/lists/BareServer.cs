using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using ScaleHub.Http.Paging;
using ScaleHub.Modules.Tasks;

namespace ScaleHub.Perf.Lists;

/// <summary>An endpoint on Kestrel that serialises the page each time, as one would write it first, and nothing else.</summary>
internal static class BareServer
{
    public static async Task<int> RunAsync(string port, string file)
    {
        var json = new JsonSerializerOptions(JsonSerializerDefaults.Web)
        {
            Converters = { new System.Text.Json.Serialization.JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        };
        var page = JsonSerializer.Deserialize<PagedList<TaskResponse>>(await File.ReadAllBytesAsync(file), json)!;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        var app = builder.Build();
        app.MapGet("/tasks", () => Results.Json(page, json));
        await app.RunAsync();
        return 0;
    }

    public static async Task StartedAsync(Uri address)
    {
        using var client = new HttpClient { BaseAddress = address };
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await client.GetByteArrayAsync("/tasks");
                return;
            }
            catch (HttpRequestException) when (attempt < 100)
            {
                // It has not started to listen yet.
                await Task.Delay(100);
            }
        }
    }

    public static Uri FreeAddress()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return new($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");
    }
}
