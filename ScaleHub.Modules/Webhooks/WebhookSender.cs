using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using ScaleHub.Core.Platform;

namespace ScaleHub.Modules.Webhooks;

/// <summary>
/// Calls webhooks: servers that companies name, of which nothing is trusted.
/// <para>Guarantee: no connection is made to an address that is not public (<see cref="PublicAddresses"/>), whatever a name means
/// and however often it changes: the addresses that were looked up are checked, and it is one of those that is connected to. No
/// redirect is followed, no proxy is used, and no cookie is kept. An answer takes at most
/// <see cref="WebhookOptions.TimeoutSeconds"/>; of its headers 16 KiB are read, and of its body 4,000 bytes.</para>
/// </summary>
internal sealed class WebhookSender : IDisposable
{
    private const int MostOfBody = 4000, MostCharacters = 1000, MostAddresses = 4;

    private readonly HttpClient _client;
    private readonly WebhookSecrets _secrets;
    private readonly WebhookOptions _options;
    private readonly TimeProvider _time;

    public WebhookSender(WebhookSecrets secrets, IOptions<WebhookOptions> options, TimeProvider time)
    {
        (_secrets, _options, _time) = (secrets, options.Value, time);
        _client = new(new SocketsHttpHandler
        {
            ConnectCallback = ConnectAsync,
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            // .NET's own span would have the whole address, in which a receiver may keep a secret.
            ActivityHeadersPropagator = null,
            ConnectTimeout = TimeSpan.FromSeconds(_options.TimeoutSeconds),
            MaxResponseHeadersLength = 16,
            MaxResponseDrainSize = 0,
            // A name is looked up again at least so often.
            PooledConnectionLifetime = TimeSpan.FromMinutes(2),
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
        })
        { Timeout = Timeout.InfiniteTimeSpan };
        _client.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("ScaleHub-Webhooks", "1.0"));
    }

    /// <summary>Sends one delivery, once. Throws only when the worker stops or the job is cancelled.</summary>
    public async Task<WebhookAnswer> SendAsync(Webhook webhook, WebhookDelivery delivery, CancellationToken cancellationToken)
    {
        var now = _time.GetDatabaseNow();
        var startedAt = Stopwatch.GetTimestamp();
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        ending.CancelAfter(TimeSpan.FromSeconds(_options.TimeoutSeconds));
        using var span = WebhookTracing.Start(webhook, delivery);
        try
        {
            using var request = Request(webhook, delivery, now);
            WebhookTracing.PassOn(span, request);
            using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ending.Token);
            var status = (int)response.StatusCode;
            span.Answered(status);
            var error = status switch
            {
                >= 200 and < 300 => null,
                >= 300 and < 400 => "The answer is a redirect, which is not followed. Change the address of the webhook.",
                _ => $"The answer has status {status}.",
            };
            return new(now, Took(), status, await ReadAsync(response, ending.Token), error);
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or IOException or CryptographicException)
        {
            span.Failed(e);
            cancellationToken.ThrowIfCancellationRequested();
            return new(now, Took(), null, null, ending.IsCancellationRequested
                ? $"There was no answer within {_options.TimeoutSeconds} seconds."
                : Reason(e));
        }

        int Took() => (int)Stopwatch.GetElapsedTime(startedAt).TotalMilliseconds;
    }

    private HttpRequestMessage Request(Webhook webhook, WebhookDelivery delivery, DateTimeOffset now)
    {
        var (id, timestamp) = ($"evt_{delivery.EventId:N}", now.ToUnixTimeSeconds());
        return new(HttpMethod.Post, webhook.Url)
        {
            Content = new StringContent(delivery.Body, Encoding.UTF8, "application/json"),
            Headers =
            {
                { "webhook-id", id },
                { "webhook-timestamp", timestamp.ToString(CultureInfo.InvariantCulture) },
                { "webhook-signature", _secrets.Sign(webhook, id, timestamp, delivery.Body, now) },
            },
        };
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var (host, port) = (context.DnsEndPoint.Host, context.DnsEndPoint.Port);
        var found = await Dns.GetHostAddressesAsync(host, cancellationToken);
        var allowed = found.Where(a => _options.AllowPrivateAddresses || PublicAddresses.IsPublic(a)).Take(MostAddresses).ToList();
        if (allowed.Count == 0) throw new PrivateAddressException();
        for (var i = 0; ; i++)
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                // The address, not the name: nobody looks it up a second time.
                await socket.ConnectAsync(new IPEndPoint(allowed[i], port), cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch (SocketException) when (i + 1 < allowed.Count)
            {
                socket.Dispose();
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }
    }

    /// <summary>The beginning of the body, as the log can keep it; null when it does not come.</summary>
    private static async Task<string?> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var buffer = new byte[MostOfBody];
        try
        {
            await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
            var read = await body.ReadAtLeastAsync(buffer, MostOfBody, throwOnEndOfStream: false, cancellationToken);
            return Clean(Encoding.UTF8.GetString(buffer, 0, read));
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or IOException)
        {
            // The status has decided already.
            return null;
        }
    }

    // Whole characters, and none that PostgreSQL cannot hold or that deceives who reads the log.
    private static string Clean(string text) => string.Concat(text.EnumerateRunes().Take(MostCharacters)
        .Select(r => Rune.IsControl(r) && r.Value is not ('\t' or '\r' or '\n') ? Rune.ReplacementChar : r));

    // For the company: nothing of what is inside here.
    private static string Reason(Exception e) => e switch
    {
        CryptographicException => "The secret of the webhook cannot be read any more. Rotate it.",
        { InnerException: PrivateAddressException } => "The address of the host is not public.",
        { InnerException: SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData } }
            or HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError }
            => "The name of the host is not known.",
        { InnerException: SocketException { SocketErrorCode: SocketError.ConnectionRefused } }
            => "The host refused the connection.",
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError }
            => "There is no secure connection: look at the certificate.",
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } => "The host could not be reached.",
        _ => "The answer was not valid HTTP, or the connection was lost.",
    };

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    private sealed class PrivateAddressException() : IOException("No address of the host is public.");
}

/// <summary>What came of one attempt.</summary>
/// <param name="At">When it began.</param>
/// <param name="DurationMs">How many milliseconds it took.</param>
/// <param name="Status">The answer's status; null: there was no answer.</param>
/// <param name="Body">At most 1,000 characters of the answer.</param>
/// <param name="Error">Why it failed, for the company; null: it is delivered.</param>
internal sealed record WebhookAnswer(DateTimeOffset At, int DurationMs, int? Status, string? Body, string? Error);
