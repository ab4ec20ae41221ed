namespace ScaleHub.Tests.Support;

/// <summary>
/// One instance of the API over servers of its own, in Production, shared by the tests of what it accepts and says: without the load
/// balancer and standbys, so it starts in seconds.
/// </summary>
public sealed class OneApi : IAsyncLifetime
{
    private ApiInstances _instances = null!;

    public Uri Address => _instances.Addresses[0];

    public TestDatabase Database => _instances.Database;

    /// <summary>The lines that it has printed.</summary>
    public Task<string[]> OutputAsync() => _instances.OutputAsync();

    /// <summary>Runs statements as the owner of the schema.</summary>
    public Task ExecuteAsync(string sql) => _instances.ExecuteAsync(sql);

    /// <summary>A client without a token.</summary>
    public HttpClient CreateClient() => _instances.CreateClient();

    /// <summary>A company of its own.</summary>
    internal Task<Account> RegisterAsync() => _instances.RegisterAsync();

    // Tests register more companies from one address than people do.
    public async Task InitializeAsync() => _instances = await ApiInstances.StartAsync(
        1, ("RateLimits__Scale", "1000"), ("ASPNETCORE_ENVIRONMENT", "Production"));

    public async Task DisposeAsync() => await _instances.DisposeAsync();
}

/// <summary>Tests that share one instance of the API.</summary>
[CollectionDefinition(Name)]
public sealed class OneApiTests : ICollectionFixture<OneApi>
{
    public const string Name = "one api";
}
