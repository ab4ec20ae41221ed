namespace ScaleHub.Testing;

/// <summary>
/// One instance of the API in the process of the tests, in Production, for everything that one instance can show. Several instances,
/// standbys and the load balancer are in <see cref="GraphFixture"/>.
/// </summary>
public sealed class ApiFixture : IAsyncLifetime
{
    private ApiInstances _instances = null!;

    /// <summary>Where it listens.</summary>
    public Uri Address => _instances.Addresses[0];

    /// <summary>Its database.</summary>
    public TestDatabase Database => _instances.Database;

    /// <summary>A client without a token, shared by the tests.</summary>
    public HttpClient Client { get; private set; } = null!;

    /// <summary>A client without a token, with headers of its own.</summary>
    public HttpClient CreateClient() => _instances.CreateClient();

    /// <summary>A company of its own, on a plan.</summary>
    internal Task<Account> RegisterAsync(string plan = "FREE") => _instances.RegisterAsync(plan);

    /// <summary>Runs statements as the owner of the schema.</summary>
    public Task ExecuteAsync(string sql) => _instances.ExecuteAsync(sql);

    public async Task InitializeAsync()
    {
        // Tests register more companies from one address than people do.
        _instances = await ApiInstances.StartAsync(1, ("RateLimits__Scale", "1000"));
        Client = CreateClient();
    }

    public async Task DisposeAsync()
    {
        Client.Dispose();
        await _instances.DisposeAsync();
    }
}
