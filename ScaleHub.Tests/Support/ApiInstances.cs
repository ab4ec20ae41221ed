using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using Npgsql;

namespace ScaleHub.Tests.Support;

/// <summary>
/// Instances of the API, processes of their own, over servers of their own: for tests that need settings which the shared graph
/// does not have, or that take Redis away.
/// </summary>
public sealed class ApiInstances : IAsyncDisposable
{
    // Each instance says what it says into a file.
    private const string ToFile = "exec \"$@\" >\"$INSTANCE_OUTPUT\" 2>&1 </dev/null";

    private readonly List<Process> _processes = [];
    private readonly PostgresServer _postgres = new();
    private readonly string _output = Directory.CreateTempSubdirectory("scalehub-output-").FullName;

    private ApiInstances()
    {
    }

    /// <summary>Where each instance listens.</summary>
    public List<Uri> Addresses { get; } = [];

    public RedisServer Redis { get; } = new();

    public TestDatabase Database { get; private set; } = null!;

    /// <summary>Starts them; settings are environment variables (<c>RateLimits__Scale</c>).</summary>
    public static async Task<ApiInstances> StartAsync(int count, params (string Name, string Value)[] settings)
    {
        var instances = new ApiInstances();
        try
        {
            await Task.WhenAll(instances._postgres.InitializeAsync(), instances.Redis.InitializeAsync());
            instances.Database = await instances._postgres.CreateDatabaseAsync();
            for (var i = 0; i < count; i++)
                instances.Start([.. settings, ("RateLimits__Instances", count.ToString(CultureInfo.InvariantCulture))]);
            foreach (var address in instances.Addresses)
            {
                using var client = new HttpClient { BaseAddress = address };
                await Poll.UntilAsync(async () =>
                {
                    using var response = await client.GetAsync("/health/ready");
                    Assert.Equal(HttpStatusCode.OK, response.StatusCode);
                }, seconds: 60);
            }
            return instances;
        }
        catch
        {
            await instances.DisposeAsync();
            throw;
        }
    }

    /// <summary>A client of one instance.</summary>
    public HttpClient CreateClient(int instance = 0)
        => new() { BaseAddress = Addresses[instance], Timeout = TimeSpan.FromSeconds(30) };

    /// <summary>The process of an instance.</summary>
    public int ProcessId(int instance) => _processes[instance].Id;

    /// <summary>A company of its own, on a plan.</summary>
    internal async Task<Account> RegisterAsync(string plan = "FREE")
    {
        var account = await Account.RegisterAsync(Addresses[0]);
        if (plan != "FREE") await ExecuteAsync($"update companies set plan = '{plan}' where id = '{account.CompanyId}'");
        return account;
    }

    /// <summary>Waits until an instance finds its Redis <c>healthy</c> or <c>degraded</c>.</summary>
    public async Task UntilRedisIsAsync(string status, int instance = 0)
    {
        using var client = CreateClient(instance);
        await Poll.UntilAsync(async () =>
        {
            var health = await client.GetFromJsonAsync<JsonElement>("/health/ready");
            Assert.Equal(status, health.GetProperty("checks").GetProperty("redis").GetProperty("status").GetString());
        });
    }

    /// <summary>Where the database server logs.</summary>
    public string DatabaseLog => _postgres.LogFile;

    /// <summary>The lines that an instance has printed.</summary>
    public async Task<string[]> OutputAsync(int instance = 0)
    {
        await using var file = new FileStream(
            Path.Combine(_output, $"{instance}"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file);
        return (await reader.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>kill -9 of an instance, for good.</summary>
    public async Task KillAsync(int instance)
    {
        _processes[instance].Kill();
        await _processes[instance].WaitForExitAsync();
    }

    /// <summary>kill -9 of the database and all its processes, for good.</summary>
    public Task KillDatabaseAsync() => _postgres.KillAsync();

    /// <summary>Runs statements as the owner of the schema.</summary>
    public Task ExecuteAsync(string sql) => PostgresServer.ExecuteAsync(Database.Owner, sql);

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
        {
            // Does nothing to one that was killed before.
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
        }
        await Redis.DisposeAsync();
        await _postgres.DisposeAsync();
        Directory.Delete(_output, recursive: true);
    }

    private void Start((string Name, string Value)[] settings)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var address = new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");
        var start = new ProcessStartInfo("sh", ["-c", ToFile, "sh", "dotnet", "ScaleHub.Api.dll"])
        {
            WorkingDirectory = AppContext.BaseDirectory,
        };
        start.Environment["INSTANCE_OUTPUT"] = Path.Combine(_output, $"{_processes.Count}");
        start.Environment["ASPNETCORE_URLS"] = address.ToString();
        var database = new NpgsqlConnectionStringBuilder(Database.App) { Pooling = true };
        start.Environment["ConnectionStrings__scalehub"] = database.ConnectionString;
        start.Environment["ConnectionStrings__redis"] = Redis.ConnectionString;
        start.Environment["ScaleHub__Secret"] = PostgresServer.Secret;
        foreach (var (name, value) in settings) start.Environment[name] = value;
        listener.Stop();
        _processes.Add(Process.Start(start)!);
        Addresses.Add(address);
    }
}
