namespace ScaleHub.Http.Authentication;

/// <summary>What an access token says of its bearer.</summary>
/// <param name="UserId"><c>sub</c></param>
/// <param name="CompanyId"><c>company</c></param>
/// <param name="SessionId"><c>sid</c></param>
/// <param name="Role"><c>role</c></param>
public sealed record AccessToken(Guid UserId, Guid CompanyId, Guid SessionId, string Role)
{
    /// <summary>Lets a handler take its caller's token as a parameter.</summary>
    public static ValueTask<AccessToken?> BindAsync(HttpContext context)
        => ValueTask.FromResult(context.Features.Get<AccessToken>());
}
