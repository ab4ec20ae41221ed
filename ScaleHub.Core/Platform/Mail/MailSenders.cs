using MailKit.Net.Smtp;
using MailKit.Security;
using Microsoft.Extensions.Options;
using MimeKit;
using ScaleHub.Core.Platform.Jobs;

namespace ScaleHub.Core.Platform.Mail;

/// <summary>Where mails go.</summary>
public interface IMailSender
{
    /// <summary>Hands a message over; when it returns, somebody else is responsible for it.</summary>
    /// <exception cref="JobFailedException">Nobody will ever take this message.</exception>
    Task SendAsync(MimeMessage message, CancellationToken cancellationToken);
}

/// <summary>A mail server, by SMTP (RFC 5321): a connection for each mail.</summary>
internal sealed class SmtpSender(MailServer server, IOptions<MailOptions> options) : IMailSender
{
    public async Task SendAsync(MimeMessage message, CancellationToken cancellationToken)
    {
        using var client = new SmtpClient { Timeout = options.Value.TimeoutSeconds * 1000 };
        await client.ConnectAsync(server.Host, server.Port, server.Security, cancellationToken);
        if (server.User is not null) await client.AuthenticateAsync(server.User, server.Password, cancellationToken);
        try
        {
            await client.SendAsync(message, cancellationToken);
        }
        catch (SmtpCommandException e) when (e.ErrorCode == SmtpErrorCode.RecipientNotAccepted && (int)e.StatusCode >= 500)
        {
            throw new JobFailedException("The mail server does not take mail for this address.");
        }
        await client.DisconnectAsync(quit: true, cancellationToken);
    }
}

/// <summary>A pick-up folder, when there is no server: a file for each mail, which appears when it is complete.</summary>
internal sealed class FolderSender(IOptions<MailOptions> options) : IMailSender
{
    public async Task SendAsync(MimeMessage message, CancellationToken cancellationToken)
    {
        var folder = options.Value.Folder ?? Path.Combine(Path.GetTempPath(), "scalehub-mail");
        // Mails have links in them that sign people in.
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
        else Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        // The same mail sent again is the same file.
        var file = Path.Combine(folder, $"{message.MessageId}.eml");
        await message.WriteToAsync(file + ".part", cancellationToken);
        File.Move(file + ".part", file, overwrite: true);
    }
}

/// <summary>A mail server as the connection string <c>mail</c> names it.</summary>
internal sealed record MailServer(string Host, int Port, SecureSocketOptions Security, string? User, string Password)
{
    /// <summary>Reads <c>smtp://</c> and <c>smtps://</c> URLs. Never repeats one, as it may hold a password.</summary>
    /// <exception cref="FormatException">It is not one.</exception>
    public static MailServer Parse(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("smtp" or "smtps") || url.Host.Length == 0
            || url.AbsolutePath.Trim('/').Length > 0 || url.Query.Length > 0)
            throw new FormatException(
                $"ConnectionStrings__{MailOptions.ConnectionName} is not valid; expected smtp://user:password@host:port or smtps://….");
        var implicitTls = url.Scheme == "smtps";
        var user = url.UserInfo.Split(':', 2);
        return new(url.Host, url.Port > 0 ? url.Port : implicitTls ? 465 : 587,
            implicitTls ? SecureSocketOptions.SslOnConnect : SecureSocketOptions.StartTlsWhenAvailable,
            user[0].Length > 0 ? Uri.UnescapeDataString(user[0]) : null, user.Length > 1 ? Uri.UnescapeDataString(user[1]) : "");
    }
}
