using Microsoft.Extensions.Options;
using ScaleHub.Core.Platform.Mail;
using ScaleHub.Core.Platform.Secrets;

namespace ScaleHub.Modules.Identity.Authentication;

/// <summary>
/// Links in mails, to the page <c>/account</c>. The token follows <c>#</c>, which browsers send to no server and to no other page.
/// </summary>
public sealed class AccountLinks(SecretBox secrets, IOptions<MailOptions> mail)
{
    private readonly OpaqueTokens _tokens = new(secrets.KeyFor("account-link"));

    /// <summary>What a new link carries.</summary>
    /// <param name="companyId">Whose row it is.</param>
    /// <param name="id">The row: an invitation, or a one-time token.</param>
    public OpaqueToken Create(Guid companyId, Guid id) => _tokens.Create(companyId, id);

    /// <summary>What came in; null when this service did not make it.</summary>
    public OpaqueToken? Read(string text) => _tokens.Read(text);

    /// <summary>The address.</summary>
    /// <param name="purpose">What the page does with it: <c>reset</c>, <c>verify</c> or <c>invitation</c>.</param>
    /// <param name="token">What it carries.</param>
    public string Url(string purpose, OpaqueToken token) => $"{mail.Value.PublicUrl.TrimEnd('/')}{AccountPage.Path}#{purpose}={token.Text}";
}
