extern alias Api;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace ScaleHub.Testing;

/// <summary>
/// Instances of the API in the process of the tests, over servers of their own: a breakpoint in a handler is hit by its test. Each
/// listens on a real port and is an instance to the others. <see cref="ApiProcesses"/> are for tests that kill one or read its
/// output.
/// </summary>
public class ApiInstances : IAsyncDisposable
{
    private readonly List<WebApplicationFactory<Api::Program>> _hosts = [];
    private readonly PostgresServer _postgres;
    private readonly bool _hasOwnServers;

    private protected ApiInstances() => (_postgres, Redis, _hasOwnServers) = (new(), new(), true);

    // On servers that others use as well.
    private protected ApiInstances(PostgresServer postgres, RedisServer redis, TestDatabase database)
        => (_postgres, Redis, Database) = (postgres, redis, database);

    private readonly string _files = Directory.CreateTempSubdirectory("scalehub-test-files").FullName;

    /// <summary>Where each instance listens.</summary>
    public List<Uri> Addresses { get; } = [];

    public RedisServer Redis { get; }

    public TestDatabase Database { get; private set; } = null!;

    /// <summary>Where the database server logs.</summary>
    public string DatabaseLog => _postgres.LogFile;

    /// <summary>Starts them; settings are named as environment variables are (<c>RateLimits__Scale</c>).</summary>
    public static Task<ApiInstances> StartAsync(int count, params (string Name, string Value)[] settings)
        => StartAsync(new ApiInstances(), count, settings);

    /// <summary>What one instance is made of; not of an instance that is a process of its own.</summary>
    public IServiceProvider Services(int instance = 0) => _hosts[instance].Services;

    /// <summary>A client of one instance.</summary>
    public HttpClient CreateClient(int instance = 0)
        => new() { BaseAddress = Addresses[instance], Timeout = TimeSpan.FromSeconds(30) };

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

    /// <summary>kill -9 of the database and all its processes.</summary>
    public Task KillDatabaseAsync() => _postgres.KillAsync();

    /// <summary>Starts the database again, with the data that it had.</summary>
    public Task StartDatabaseAsync() => _postgres.StartAgainAsync();

    /// <summary>Runs statements as the owner of the schema.</summary>
    public Task ExecuteAsync(string sql) => PostgresServer.ExecuteAsync(Database.Owner, sql);

    /// <summary>The first column of every row, as text, as the owner of the schema sees it.</summary>
    public Task<List<string>> QueryAsync(string sql) => PostgresServer.QueryAsync(Database.Owner, sql);

    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        foreach (var host in _hosts) await host.DisposeAsync();
        if (_hasOwnServers)
        {
            await Redis.DisposeAsync();
            await _postgres.DisposeAsync();
        }
        Directory.Delete(_files, recursive: true);
    }

    private protected static async Task<T> StartAsync<T>(T instances, int count, (string Name, string Value)[] settings)
        where T : ApiInstances
    {
        try
        {
            if (instances._hasOwnServers)
            {
                await Task.WhenAll(instances._postgres.InitializeAsync(), instances.Redis.InitializeAsync());
                instances.Database = await instances._postgres.CreateDatabaseAsync();
            }
            (string, string)[] all =
            [
                ("ConnectionStrings__scalehub", new NpgsqlConnectionStringBuilder(instances.Database.App) { Pooling = true }.ConnectionString),
                ("ConnectionStrings__redis", instances.Redis.ConnectionString),
                ("ScaleHub__Secret", PostgresServer.Secret),
                ("Blobs__Folder", instances._files),
                ("RateLimits__Instances", count.ToString(CultureInfo.InvariantCulture)),
                .. settings,
            ];
            for (var i = 0; i < count; i++) instances.Addresses.Add(instances.Start(all));
            for (var i = 0; i < count; i++)
            {
                using var client = instances.CreateClient(i);
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

    /// <summary>Starts one; returns where it listens.</summary>
    private protected virtual Uri Start((string Name, string Value)[] settings)
    {
        var host = new WebApplicationFactory<Api::Program>().WithWebHostBuilder(web =>
        {
            web.UseEnvironment("Production");
            web.UseUrls("http://127.0.0.1:0");
            web.ConfigureLogging(logging => logging.ClearProviders());
            foreach (var (name, value) in settings)
            {
                if (name == "ASPNETCORE_ENVIRONMENT") web.UseEnvironment(value);
                else web.UseSetting(name.Replace("__", ":", StringComparison.Ordinal), value);
            }
        });
        _hosts.Add(host);
        host.UseKestrel();
        host.StartServer();
        return new(host.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
    }
}
