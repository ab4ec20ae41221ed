using System.Globalization;
using System.Net;
using System.Text.Json;
using ScaleHub.Core.Platform.Caching;
using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Core.Platform.Mail;
using ScaleHub.Testing;

namespace ScaleHub.Tests.Modules.Webhooks;

/// <summary>An instance of the API and a worker beside it, which call receivers on this machine.</summary>
public sealed class WebhooksFixture : IAsyncLifetime
{
    private const string Private = "Webhooks__AllowPrivateAddresses";
    private PlatformHost _worker = null!;

    public ApiInstances Api { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Api = await ApiInstances.StartAsync(1, ("RateLimits__Scale", "1000"), (Private, "true"), ("Billing__SimulatePayments", "true"));
        _worker = await PlatformHost.StartAsync(Api.Database, builder =>
        {
            builder.Configuration["ConnectionStrings:redis"] = Api.Redis.ConnectionString;
            builder.AddCache();
            builder.AddJobLoops().AddMailSender();
        }, ("Webhooks:AllowPrivateAddresses", "true"), ("Webhooks:TimeoutSeconds", "3"), ("Jobs:PollMs", "50"),
            ("Billing:SimulatePayments", "true"));
    }

    public async Task DisposeAsync()
    {
        await _worker.DisposeAsync();
        await Api.DisposeAsync();
    }

    /// <summary>Adds a webhook; its path and its secret.</summary>
    internal static async Task<(string Path, string Secret)> AddAsync(Account account, string url, params string[] events)
    {
        var response = await account.Client.PostJsonAsync("/api/v1/webhooks", new { url, events });
        var made = await response.JsonAsync(HttpStatusCode.Created);
        return (response.Headers.Location!.OriginalString, made.GetProperty("secret").GetString()!);
    }

    /// <summary>The log of a webhook, oldest first.</summary>
    internal static async Task<List<JsonElement>> LogAsync(Account account, string path, string query = "")
        => [.. (await (await account.Client.GetAsync($"{path}/deliveries{query}")).JsonAsync(HttpStatusCode.OK))
            .GetProperty("items").EnumerateArray().Reverse()];

    /// <summary>Waits until a webhook's only delivery is in a state.</summary>
    internal static async Task<JsonElement> DeliveryAsync(Account account, string path, string state, int attempts = 1)
    {
        JsonElement delivery = default;
        await Poll.UntilAsync(async () =>
        {
            delivery = Assert.Single(await LogAsync(account, path));
            Assert.Equal((state, attempts), (delivery.GetProperty("state").GetString(), delivery.GetProperty("attempts").GetInt32()));
        }, seconds: 30);
        return delivery;
    }

    /// <summary>How long it is until every retry of a company has come; nothing of it is under way when the answer is
    /// there.</summary>
    internal async Task<TimeSpan> UntilRetriesAsync(Account account)
    {
        var seconds = 0.0;
        await Poll.UntilAsync(async () => seconds = double.Parse(Assert.Single(await Api.QueryAsync($"""
            select extract(epoch from max(due_at) - now())::float8::text from jobs
            where company_id = '{account.CompanyId}' and state = 'scheduled'
              and not exists (select from jobs where company_id = '{account.CompanyId}'
                and (state in ('queued', 'running') or (state = 'scheduled' and due_at <= now())))
            """)), CultureInfo.InvariantCulture), seconds: 30);
        return TimeSpan.FromSeconds(seconds);
    }

    /// <summary>Moves the clock on for a company: all that waits for a time is moved back by as much.</summary>
    internal Task AdvanceAsync(Account account, TimeSpan by) => Api.ExecuteAsync(string.Create(
        CultureInfo.InvariantCulture, $"""
            update webhooks set paused_until = paused_until - interval '{by.TotalSeconds} s',
                old_secret_ends = old_secret_ends - interval '{by.TotalSeconds} s' where company_id = '{account.CompanyId}';
            update jobs set due_at = due_at - interval '{by.TotalSeconds} s'
                where company_id = '{account.CompanyId}' and state = 'scheduled'
            """));
}

/// <summary>The tests of webhooks, which share one instance and one worker.</summary>
[CollectionDefinition(Name)]
public sealed class WebhookTests : ICollectionFixture<WebhooksFixture>
{
    public const string Name = "webhooks";
}
