using System.ComponentModel.DataAnnotations;

namespace ScaleHub.Modules.Identity.Authentication;

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

    /// <summary>
    /// Seconds after a refresh during which the refresh token before it gets the same answer again from the same client, instead
    /// of ending the session: two tabs of a browser refresh one token. 0: only requests that were under way at the same time do.
    /// </summary>
    [Range(0, 60)] public int RefreshGraceSeconds { get; set; } = 5;

    /// <summary>Passwords that are hashed at a time; 0 for half of the processors. The others wait their turn.</summary>
    [Range(0, 64)] public int HashesAtOnce { get; set; }

    /// <summary>Most that wait for their turn to have a password hashed; beyond, it is 503.</summary>
    [Range(1, 10_000)] public int HashQueue { get; set; } = 200;
}
