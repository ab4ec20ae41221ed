using System.ComponentModel.DataAnnotations;
using System.Linq.Expressions;
using System.Net;
using Microsoft.Extensions.Options;
using ScaleHub.Core.Platform.Events;

namespace ScaleHub.Modules.Webhooks;

/// <summary>A webhook as the company's admins see it; its secret is shown once, when it is made.</summary>
/// <param name="Id">UUIDv7.</param>
/// <param name="Url">Where events are sent.</param>
/// <param name="Description">What it is for.</param>
/// <param name="Events">Names of kinds of events.</param>
/// <param name="IsEnabled">Whether events are sent.</param>
/// <param name="Disabled">Why they are not.</param>
/// <param name="DisabledAt">Since when they are not.</param>
/// <param name="OldSecretEnds">Until when the secret before signs as well; null: there was none.</param>
/// <param name="CreatedAt">When it was added.</param>
/// <param name="UpdatedAt">When it was last changed by somebody.</param>
public sealed record WebhookResponse(
    Guid Id, string Url, string? Description, IReadOnlyList<string> Events, bool IsEnabled, WebhookDisabled? Disabled,
    DateTimeOffset? DisabledAt, DateTimeOffset? OldSecretEnds, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
{
    internal static readonly Expression<Func<Webhook, WebhookResponse>> Projection = w => new(
        w.Id, w.Url, w.Description, w.Events, w.Disabled == null, w.Disabled, w.DisabledAt, w.OldSecretEnds, w.CreatedAt,
        w.UpdatedAt);

    internal static readonly Func<Webhook, WebhookResponse> From = Projection.Compile();
}

/// <summary>What a body may say of a webhook.</summary>
internal static class WebhookRules
{
    public const int MostCharacters = 2000;

    /// <summary>What is wrong with an address, in a sentence.</summary>
    public static IEnumerable<ValidationResult> CheckUrl(string? text, string member, ValidationContext context)
    {
        if (text is not null && Fault(text, Options(context).AllowPrivateAddresses) is { } fault) yield return new(fault, [member]);
    }

    /// <summary>What is wrong with a list of kinds of events.</summary>
    public static IEnumerable<ValidationResult> CheckEvents(IReadOnlyList<string>? names, string member, ValidationContext context)
    {
        if (names is null) yield break;
        var catalogue = (EventCatalogue)context.GetService(typeof(EventCatalogue))!;
        if (names.Count is 0 or > 100) yield return new("Name 1 to 100 kinds of events.", [member]);
        // JSON may have null in a list, whatever the list's type says.
        else if (names.Any(n => n is null || !catalogue.Has(n)))
            yield return new("There is no such kind of event. GET /api/v1/webhooks/events lists them.", [member]);
        else if (names.Distinct().Count() < names.Count) yield return new("Each kind may appear only once.", [member]);
    }

    private static string? Fault(string text, bool allowPrivate)
    {
        if (text.Length > MostCharacters || !Uri.TryCreate(text, UriKind.Absolute, out var url) || AsciiHost(url) is not { Length: > 0 } host)
            return $"Use an absolute URL of at most {MostCharacters} characters.";
        if (text.Any(c => c <= ' ' || c == '\x7f')) return "The URL has blanks or control characters.";
        if (url.Scheme != Uri.UriSchemeHttps && !(allowPrivate && url.Scheme == Uri.UriSchemeHttp && url.IsLoopback))
            return "Use https.";
        if (url.UserInfo.Length > 0 || url.Fragment.Length > 0) return "A URL with a user or a fragment is not taken.";
        // Names are looked up when they are called, each time.
        return !allowPrivate && (url.IsLoopback || (IPAddress.TryParse(host, out var ip) && !PublicAddresses.IsPublic(ip)))
            ? "The address of the host is not public."
            : null;
    }

    // As it is looked up. Null: the name cannot be written so, although it passed as a URL.
    private static string? AsciiHost(Uri url)
    {
        try
        {
            return url.IdnHost;
        }
        catch (UriFormatException)
        {
            return null;
        }
    }

    private static WebhookOptions Options(ValidationContext context)
        => ((IOptions<WebhookOptions>)context.GetService(typeof(IOptions<WebhookOptions>))!).Value;
}
