using System.ComponentModel.DataAnnotations;

namespace ScaleHub.Api.Http.Authentication;

/// <summary>Section <c>Identity</c>.</summary>
public sealed class IdentityOptions
{
    /// <summary>Configuration section.</summary>
    public const string Section = "Identity";

    /// <summary><c>iss</c> of access tokens.</summary>
    [Required] public string Issuer { get; set; } = "scalehub";

    /// <summary><c>aud</c> of access tokens.</summary>
    [Required] public string Audience { get; set; } = "scalehub-api";

    /// <summary>Minutes that an access token is valid.</summary>
    [Range(1, 1440)] public int AccessTokenMinutes { get; set; } = 15;
}
