using System.Buffers;
using MimeKit;
using SmtpServer;
using SmtpServer.Protocol;
using SmtpServer.Storage;

namespace ScaleHub.MailCatcher;

/// <summary>A mail that came in.</summary>
/// <param name="Id">Counts from 1.</param>
/// <param name="MessageId">The header <c>Message-ID</c>.</param>
/// <param name="From">Who sent it.</param>
/// <param name="To">For whom.</param>
/// <param name="Subject">One line.</param>
/// <param name="At">When it came.</param>
/// <param name="Text">What it says.</param>
/// <param name="Html">The same for those who want it prettier.</param>
public sealed record CaughtMail(
    int Id, string? MessageId, string From, string To, string Subject, DateTimeOffset At, string? Text, string? Html);

/// <summary>The last thousand mails, in memory.</summary>
public class Mailbox : MessageStore
{
    private const int Most = 1000;
    private readonly Lock _lock = new();
    private readonly LinkedList<CaughtMail> _mails = [];
    private int _last;

    /// <summary>Newest first.</summary>
    /// <param name="to">Only those for this address.</param>
    public IReadOnlyList<CaughtMail> List(string? to = null)
    {
        lock (_lock) return [.. _mails.Where(m => to is null || m.To.Contains(to, StringComparison.OrdinalIgnoreCase))];
    }

    /// <summary>One of them.</summary>
    public CaughtMail? Find(int id)
    {
        lock (_lock) return _mails.FirstOrDefault(m => m.Id == id);
    }

    /// <summary>Forgets all.</summary>
    public void Clear()
    {
        lock (_lock) _mails.Clear();
    }

    /// <inheritdoc/>
    public override async Task<SmtpResponse> SaveAsync(
        ISessionContext context, IMessageTransaction transaction, ReadOnlySequence<byte> buffer, CancellationToken cancellationToken)
    {
        using var stream = new MemoryStream(buffer.ToArray());
        using var message = await MimeMessage.LoadAsync(stream, cancellationToken);
        lock (_lock)
        {
            _mails.AddFirst(new CaughtMail(++_last, message.MessageId, $"{message.From}", $"{message.To}", message.Subject ?? "",
                DateTimeOffset.UtcNow, message.TextBody, message.HtmlBody));
            if (_mails.Count > Most) _mails.RemoveLast();
        }
        return SmtpResponse.Ok;
    }
}
