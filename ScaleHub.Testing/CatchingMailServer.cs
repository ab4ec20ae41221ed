using System.Buffers;
using System.Net;
using System.Net.Sockets;
using ScaleHub.MailCatcher;
using SmtpServer;
using SmtpServer.Mail;
using SmtpServer.Protocol;
using SmtpServer.Storage;
using Mailbox = ScaleHub.MailCatcher.Mailbox;

namespace ScaleHub.Testing;

/// <summary>A mail server in the process of the test; it can refuse mails, and be stopped and started again on its port.</summary>
public sealed class CatchingMailServer : IAsyncDisposable
{
    private readonly int _port;
    private Catcher? _server;

    public CatchingMailServer()
    {
        Mailbox = new FullMailbox(this);
        _port = FreePort.Find();
    }

    public Mailbox Mailbox { get; }

    /// <summary>Every mail is refused for now (452).</summary>
    public bool TakesNothingNow { get; set; }

    /// <summary>An address that is refused for good (550).</summary>
    public string? RefusedRecipient { get; init; }

    /// <summary>The connection string <c>mail</c>.</summary>
    public string Url => $"smtp://127.0.0.1:{_port}";

    public async Task StartAsync()
    {
        _server = new Catcher(Mailbox, _port, new Filter(this));
        await _server.StartAsync(CancellationToken.None);
        await Poll.UntilAsync(async () =>
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, _port);
        });
    }

    public async Task StopAsync()
    {
        if (_server is null) return;
        await _server.StopAsync(CancellationToken.None);
        _server.Dispose();
        _server = null;
    }

    public async ValueTask DisposeAsync() => await StopAsync();

    private sealed class FullMailbox(CatchingMailServer server) : Mailbox
    {
        public override Task<SmtpResponse> SaveAsync(
            ISessionContext context, IMessageTransaction transaction, ReadOnlySequence<byte> buffer, CancellationToken cancellationToken)
            => server.TakesNothingNow
                ? Task.FromResult(new SmtpResponse(SmtpReplyCode.InsufficientStorage, "later"))
                : base.SaveAsync(context, transaction, buffer, cancellationToken);
    }

    private sealed class Filter(CatchingMailServer server) : MailboxFilter
    {
        public override Task<bool> CanDeliverToAsync(
            ISessionContext context, IMailbox to, IMailbox from, CancellationToken cancellationToken)
            => Task.FromResult(to.AsAddress() != server.RefusedRecipient);
    }
}
