extern alias Api;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ScaleHub.Tests.Support;

/// <summary>
/// The API in the process of the tests, over a PostgreSQL and a Redis of its own: a breakpoint in a handler is hit by its test. For
/// everything that one instance can show; several instances, standbys and the load balancer are in <see cref="System.GraphFixture"/>.
/// It listens on a real port, in Development, with limits high enough that tests do not meet them.
/// </summary>
public sealed class ApiFixture : IAsyncLifetime
{
    private readonly PostgresServer _postgres = new();
    private readonly RedisServer _redis = new();
    private readonly (string Name, string Value)[] _settings;
    private WebApplicationFactory<Api::Program>? _api;

    public ApiFixture() : this([])
    {
    }

    /// <summary>One of a test class's own, with other settings (<c>RateLimits:Scale</c>).</summary>
    internal ApiFixture(params (string Name, string Value)[] settings) => _settings = settings;

    /// <summary>Where it listens.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>A client without a token, shared by the tests.</summary>
    public HttpClient Client { get; private set; } = null!;

    /// <summary>Its database.</summary>
    public TestDatabase Database { get; private set; } = null!;

    /// <summary>A client without a token, with headers of its own.</summary>
    public HttpClient CreateClient() => new() { BaseAddress = Address };

    /// <summary>A company of its own, on a plan.</summary>
    internal async Task<Account> RegisterAsync(string plan = "FREE")
    {
        var account = await Account.RegisterAsync(Address);
        if (plan != "FREE") await ExecuteAsync($"update companies set plan = '{plan}' where id = '{account.CompanyId}'");
        return account;
    }

    /// <summary>Runs statements as the owner of the schema.</summary>
    public Task ExecuteAsync(string sql) => PostgresServer.ExecuteAsync(Database.Owner, sql);

    /// <summary>The first column of every row, as text, as the owner of the schema sees it.</summary>
    public Task<List<string>> QueryAsync(string sql) => PostgresServer.QueryAsync(Database.Owner, sql);

    public async Task InitializeAsync()
    {
        await Task.WhenAll(_postgres.InitializeAsync(), _redis.InitializeAsync());
        Database = await _postgres.CreateDatabaseAsync();
        _api = new WebApplicationFactory<Api::Program>().WithWebHostBuilder(host =>
        {
            host.UseEnvironment("Development");
            host.ConfigureLogging(logging => logging.ClearProviders());
            host.UseSetting("ConnectionStrings:scalehub", Database.App.Replace("Pooling=false", "Pooling=true", StringComparison.Ordinal));
            host.UseSetting("ConnectionStrings:redis", _redis.ConnectionString);
            host.UseSetting("ScaleHub:Secret", PostgresServer.Secret);
            host.UseSetting("RateLimits:Scale", "1000");
            foreach (var (name, value) in _settings) host.UseSetting(name, value);
        });
        _api.UseKestrel(0);
        _api.StartServer();
        Address = new(_api.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        Client = CreateClient();
    }

    public async Task DisposeAsync()
    {
        Client?.Dispose();
        if (_api is not null) await _api.DisposeAsync();
        await Task.WhenAll(_redis.DisposeAsync(), _postgres.DisposeAsync());
    }
}

/// <summary>The tests that share one API.</summary>
[CollectionDefinition(Name)]
public sealed class ApiTests : ICollectionFixture<ApiFixture>
{
    public const string Name = "api";
}
