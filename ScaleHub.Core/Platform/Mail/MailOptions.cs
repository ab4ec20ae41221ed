using System.ComponentModel.DataAnnotations;

namespace ScaleHub.Core.Platform.Mail;

/// <summary>
/// Section <c>Mail</c>. Where mails go is the connection string <c>mail</c>: <c>smtp://user:password@host:port</c> (TLS when the
/// server offers it) or <c>smtps://…</c> (TLS from the start). Without one they are put into a folder.
/// </summary>
public sealed class MailOptions
{
    /// <summary>Configuration section.</summary>
    public const string Section = "Mail";

    /// <summary>The name of the connection string.</summary>
    public const string ConnectionName = "mail";

    /// <summary>Who sends: an address, or a name and an address in angle brackets.</summary>
    [Required] public string From { get; set; } = "ScaleHub <no-reply@localhost>";

    /// <summary>
    /// Where people reach the product, for links in mails: the address of the load balancer as they see it, without a slash at
    /// the end.
    /// </summary>
    [Url] public string PublicUrl { get; set; } = "http://localhost:8080";

    /// <summary>
    /// The folder for mails when there is no server, one file of the form .eml each. By default <c>scalehub-mail</c> in the
    /// folder for temporary files.
    /// </summary>
    public string? Folder { get; set; }

    /// <summary>Seconds that the server may take for each answer.</summary>
    [Range(1, 120)] public int TimeoutSeconds { get; set; } = 10;
}
