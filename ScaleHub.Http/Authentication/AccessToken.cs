namespace ScaleHub.Http.Authentication;

/// <summary>What an access token says of its bearer.</summary>
/// <param name="UserId"><c>sub</c></param>
/// <param name="CompanyId"><c>company</c></param>
/// <param name="SessionId"><c>sid</c></param>
/// <param name="Role"><c>role</c></param>
/// <param name="IsKey">It is an API key, not a person's session; <paramref name="SessionId"/> is then the key's identifier.</param>
public sealed record AccessToken(Guid UserId, Guid CompanyId, Guid SessionId, string Role, bool IsKey = false)
{
    /// <summary>Lets a handler take its caller's token as a parameter.</summary>
    public static ValueTask<AccessToken?> BindAsync(HttpContext context)
        => ValueTask.FromResult(context.Features.Get<AccessToken>());
}
