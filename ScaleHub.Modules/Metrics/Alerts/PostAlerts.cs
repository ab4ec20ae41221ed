using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Options;
using ScaleHub.Core.Platform.Jobs;

namespace ScaleHub.Modules.Metrics.Alerts;

/// <summary>
/// Sends changes of alerts to the operator's webhook, until it answers with a status from 200 to 299: at least once, at most ten times over
/// four hours. A repetition has the same <c>webhook-id</c>.
/// </summary>
/// <param name="Alerts">The changes of one look; the first fifty.</param>
/// <param name="Count">How many there are.</param>
public sealed record PostAlerts(IReadOnlyList<AlertChange> Alerts, int Count) : IJob
{
    /// <inheritdoc/>
    public static string Kind => "alerts.post";

    /// <inheritdoc/>
    public static JobPolicy Policy { get; } = new() { InTransaction = false, Timeout = TimeSpan.FromMinutes(1) };
}

internal sealed class PostAlertsHandler(IHttpClientFactory clients, IOptions<AlertOptions> options, TimeProvider time) : IJobHandler<PostAlerts>
{
    private const string SecretPrefix = "whsec_";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    public async Task HandleAsync(PostAlerts job, JobRun run, CancellationToken cancellationToken)
    {
        if (options.Value is not { WebhookUrl: { Length: > 0 } url } set) throw new JobFailedException("Alerts:WebhookUrl is not set any more.");
        var body = JsonSerializer.Serialize(new { count = job.Count, alerts = job.Alerts }, Json);
        var (id, timestamp) = ($"alt_{run.Id:N}", time.GetUtcNow().ToUnixTimeSeconds());
        using var request = new HttpRequestMessage(HttpMethod.Post, url)
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
            Headers = { { "webhook-id", id }, { "webhook-timestamp", $"{timestamp}" } },
        };
        request.Headers.UserAgent.Add(new ProductInfoHeaderValue("ScaleHub-Alerts", "1.0"));
        if (set.WebhookSecret is { Length: > 0 } secret) request.Headers.Add("webhook-signature", Sign(secret, $"{id}.{timestamp}.{body}"));
        using var client = clients.CreateClient(nameof(PostAlerts));
        using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>
    /// Its client: a redirect is no answer, as it would turn the call into a GET; and the address may be a secret, so that no span has it.
    /// </summary>
    internal static SocketsHttpHandler NewHandler()
        => new() { AllowAutoRedirect = false, UseCookies = false, ActivityHeadersPropagator = null };

    /// <summary>Whether an address can be called.</summary>
    internal static bool IsUrl(string? url)
        => url is null or "" || (Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https");

    // Standard Webhooks 1.0.0.
    private static string Sign(string secret, string content)
        => "v1," + Convert.ToBase64String(HMACSHA256.HashData(
            Convert.FromBase64String(secret[SecretPrefix.Length..]), Encoding.UTF8.GetBytes(content)));

    /// <summary>Whether a secret can sign.</summary>
    internal static bool IsSecret(string? secret)
        => secret is null or "" || (secret.StartsWith(SecretPrefix, StringComparison.Ordinal)
            && Convert.TryFromBase64String(secret[SecretPrefix.Length..], new byte[256], out var bytes) && bytes >= 24);
}
