using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using ScaleHub.Http.Paging;
using ScaleHub.Modules.Tasks;
using ScaleHub.Testing;

namespace ScaleHub.Perf.Run.Servers;

/// <summary>
/// An endpoint on Kestrel that serialises a page each time, as one would write it first, and nothing else: a process of this program.
/// </summary>
internal sealed class BareServer : IAsyncDisposable
{
    private readonly Process _process;
    private readonly string _file;

    private BareServer(Process process, Uri address, string file) => (_process, Address, _file) = (process, address, file);

    /// <summary>Where the page is.</summary>
    public Uri Address { get; }

    public int ProcessId => _process.Id;

    /// <summary>Starts it with the page as the API answers it.</summary>
    public static async Task<BareServer> StartAsync(byte[] page)
    {
        var file = Path.GetTempFileName();
        await File.WriteAllBytesAsync(file, page);
        var port = FreePort.Find();
        var process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, ["serve-bare", $"{port}", file])
        {
            // As the API has it, which is a web project.
            Environment = { ["DOTNET_gcServer"] = "1" },
        })!;
        var server = new BareServer(process, new($"http://127.0.0.1:{port}/tasks"), file);
        using var client = new HttpClient();
        await Poll.UntilAsync(() => client.GetByteArrayAsync(server.Address));
        return server;
    }

    /// <summary>What the process does.</summary>
    public static async Task<int> RunAsync(string port, string file)
    {
        var json = new JsonSerializerOptions(JsonSerializerDefaults.Web)
        {
            Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
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

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        File.Delete(_file);
    }
}
