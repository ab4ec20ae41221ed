using System.Net;
using SmtpServer;
using SmtpServer.Storage;

namespace ScaleHub.MailCatcher;

/// <summary>A mail server on the loopback interface that takes every mail, unless a filter says otherwise, and delivers none.</summary>
public sealed class Catcher(Mailbox mailbox, int port, IMailboxFilter? filter = null) : BackgroundService
{
    private const int MostBytes = 10 * 1024 * 1024;

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var options = new SmtpServerOptionsBuilder()
            .ServerName("localhost")
            .MaxMessageSize(MostBytes, MaxMessageSizeHandling.Strict)
            .Endpoint(endpoint => endpoint.Endpoint(new IPEndPoint(IPAddress.Loopback, port)))
            .Build();
        var services = new SmtpServer.ComponentModel.ServiceProvider();
        services.Add(mailbox);
        if (filter is not null) services.Add(filter);
        return new SmtpServer.SmtpServer(options, services).StartAsync(stoppingToken);
    }
}
