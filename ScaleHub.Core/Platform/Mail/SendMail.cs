using System.Net;
using System.Text;
using Microsoft.Extensions.Options;
using MimeKit;
using MimeKit.Text;
using ScaleHub.Core.Platform.Jobs;

namespace ScaleHub.Core.Platform.Mail;

/// <summary>
/// Sends a mail to one person, as text and as HTML.
/// <para>Guarantee: it is sent until the server has taken it, at most ten times over four hours. The server gets it once, unless
/// the worker ends between the server's answer and its own commit; the repetition has the same <c>Message-ID</c> (RFC 5322,
/// 3.6.4), by which mail systems know it.</para>
/// </summary>
/// <param name="To">The address.</param>
/// <param name="Subject">One line.</param>
/// <param name="Paragraphs">What it says.</param>
/// <param name="Link">Where it leads; null: nowhere.</param>
/// <param name="LinkText">What to click.</param>
public sealed record SendMail(
    string To, string Subject, IReadOnlyList<string> Paragraphs, string? Link = null, string? LinkText = null) : IJob
{
    /// <inheritdoc/>
    public static string Kind => "mail.send";

    /// <summary>Outside a transaction: a connection must not wait for a mail server.</summary>
    public static JobPolicy Policy { get; } = new() { InTransaction = false, Timeout = TimeSpan.FromMinutes(2) };

    /// <summary>The message.</summary>
    /// <exception cref="JobFailedException">The address is none that a mail can have, or more than one.</exception>
    internal MimeMessage ToMessage(Guid job, string from)
    {
        if (!MailboxAddress.TryParse(To, out var to) || to.Address != To || to.Name is { Length: > 0 })
            throw new JobFailedException("No mail can be sent to this address.");
        var message = new MimeMessage { MessageId = $"{job:N}@scalehub", Subject = Subject };
        message.From.Add(MailboxAddress.Parse(from));
        message.To.Add(to);
        // RFC 3834, 5: nobody's holiday reply is wanted.
        message.Headers.Add("Auto-Submitted", "auto-generated");
        message.Body = new MultipartAlternative
        {
            new TextPart(TextFormat.Plain) { Text = Text() },
            new TextPart(TextFormat.Html) { Text = Html() },
        };
        return message;
    }

    private const string Button =
        "display:inline-block;padding:.6em 1.2em;border-radius:6px;background:#1d4ed8;color:#fff;text-decoration:none";

    private string Text()
    {
        var text = new StringBuilder().AppendJoin("\n\n", Paragraphs);
        if (Link is not null) text.Append("\n\n").Append(LinkText).Append(":\n").Append(Link);
        return text.Append('\n').ToString();
    }

    private string Html()
    {
        var html = new StringBuilder("""
            <!doctype html><html><head><meta charset="utf-8"><meta name="color-scheme" content="light dark"></head>
            <body style="font:16px/1.5 system-ui,sans-serif;max-width:36em;margin:2em auto;padding:0 1em">
            """);
        html.Append("<h1 style=\"font-size:20px\">").Append(WebUtility.HtmlEncode(Subject)).Append("</h1>");
        foreach (var paragraph in Paragraphs)
            html.Append("<p>").Append(WebUtility.HtmlEncode(paragraph).Replace("\n", "<br>", StringComparison.Ordinal)).Append("</p>");
        if (Link is not null)
        {
            html.Append("<p><a href=\"").Append(WebUtility.HtmlEncode(Link))
                .Append("\" style=\"").Append(Button).Append("\">")
                .Append(WebUtility.HtmlEncode(LinkText)).Append("</a></p>");
        }
        return html.Append("</body></html>").ToString();
    }
}

/// <summary>Hands a mail over.</summary>
public sealed class SendMailHandler(IMailSender sender, IOptions<MailOptions> options) : IJobHandler<SendMail>
{
    /// <inheritdoc/>
    public async Task HandleAsync(SendMail job, JobRun run, CancellationToken cancellationToken)
    {
        using var message = job.ToMessage(run.Id, options.Value.From);
        await sender.SendAsync(message, cancellationToken);
    }
}
