using System.Text.Json;
using Microsoft.Extensions.Options;
using MimeKit;
using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Core.Platform.Mail;
using ScaleHub.Modules;
using ScaleHub.Testing;
using ScaleHub.Tests.Platform.Jobs;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Platform.Mail;

/// <summary>Mails over real SMTP: sent until the server has taken them, and the same one when sent again.</summary>
[Collection(PostgresTests.Name)]
public sealed class SendMailTests(PostgresServer server)
{
    private static readonly SendMail Mail = new(
        "ada@company.example", "Größe <b>", ["One & two", "Three"], "https://app.example/verify?token=a&b=c", "Verify");

    [Fact]
    public async Task A_mail_arrives_as_text_and_as_html_in_which_nothing_is_markup()
    {
        await using var smtp = new CatchingMailServer();
        await smtp.StartAsync();
        await using var host = await JobsHost.StartAsync(server, workers: 0, ("ConnectionStrings:mail", smtp.Url), ("Mail:From", "Acme <hello@acme.example>"));
        await StartAsync(host);
        var job = await host.AddAsync(Mail);
        await host.UntilAsync(job, "succeeded 1");

        var mail = Assert.Single(smtp.Mailbox.List());
        Assert.Equal(("ada@company.example", "\"Acme\" <hello@acme.example>", "Größe <b>", $"{job:N}@scalehub"),
            (mail.To, mail.From, mail.Subject, mail.MessageId));
        Assert.Equal("One & two\n\nThree\n\nVerify:\nhttps://app.example/verify?token=a&b=c\n", mail.Text?.ReplaceLineEndings("\n"));
        Assert.Contains("<h1 style=\"font-size:20px\">Gr&#246;&#223;e &lt;b&gt;</h1>", mail.Html, StringComparison.Ordinal);
        Assert.Contains("href=\"https://app.example/verify?token=a&amp;b=c\"", mail.Html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Mails_wait_for_a_server_that_is_away_and_are_all_sent_when_it_is_back()
    {
        await using var smtp = new CatchingMailServer();
        await using var host = await JobsHost.StartAsync(server, workers: 0, ("ConnectionStrings:mail", smtp.Url));
        await StartAsync(host);
        var jobs = new List<Guid>();
        for (var i = 0; i < 20; i++) jobs.Add(await host.AddAsync(Mail with { To = $"user{i}@company.example" }));
        await Poll.UntilAsync(async () => Assert.Equal(["20"], await host.QueryAsync("select count(*) from jobs where state = 'scheduled' and error is not null")));

        await smtp.StartAsync();
        foreach (var job in jobs) await Poll.UntilAsync(async () => Assert.StartsWith("succeeded", await host.StateAsync(job), StringComparison.Ordinal), seconds: 60);
        Assert.Equal(20, smtp.Mailbox.List().Select(m => m.To).Distinct().Count());
        Assert.Equal(20, smtp.Mailbox.List().Count);
    }

    [Fact]
    public async Task A_refusal_for_now_is_tried_again_and_a_mail_sent_twice_has_one_message_id()
    {
        await using var smtp = new CatchingMailServer();
        await smtp.StartAsync();
        smtp.TakesNothingNow = true;
        await using var host = await JobsHost.StartAsync(server, workers: 0, ("ConnectionStrings:mail", smtp.Url));
        await StartAsync(host);
        var job = await host.AddAsync(Mail);
        await host.UntilAsync(job, "scheduled 1");
        smtp.TakesNothingNow = false;
        await host.UntilAsync(job, "succeeded 2");

        // As when the worker ended between the server's answer and its own commit.
        await host.ExecuteAsync($"""
            insert into jobs (company_id, id, kind, payload) select company_id, id, kind,
                '{JsonSerializer.Serialize(Mail, JobQueue.Json)}' from finished_jobs where id = '{job}'
            """);
        await Poll.UntilAsync(() => Assert.Equal(2, smtp.Mailbox.List().Count));
        Assert.Single(smtp.Mailbox.List().Select(m => m.MessageId).Distinct());
    }

    [Fact]
    public async Task A_recipient_that_the_server_refuses_for_good_is_not_tried_again()
    {
        await using var smtp = new CatchingMailServer { RefusedRecipient = "nobody@company.example" };
        await smtp.StartAsync();
        await using var host = await JobsHost.StartAsync(server, workers: 0, ("ConnectionStrings:mail", smtp.Url));
        await StartAsync(host);
        var job = await host.AddAsync(Mail with { To = "nobody@company.example" });
        await host.UntilAsync(job, "dead 1");
        Assert.Equal(["The mail server does not take mail for this address."],
            await host.QueryAsync($"select failure from job_history where id = '{job}'"));
        await host.UntilAsync(await host.AddAsync(Mail), "succeeded 1");
        Assert.Single(smtp.Mailbox.List());
    }

    [Theory]
    [InlineData("<b>ada@company.example")]
    [InlineData("ada@company.example, eve@evil.example")]
    [InlineData("ada@company.example> <eve@evil.example")]
    [InlineData("Ada <ada@company.example>")]
    [InlineData("ada")]
    [InlineData("")]
    public async Task What_is_not_one_address_gets_no_mail_and_is_not_tried_again(string to)
    {
        await using var smtp = new CatchingMailServer();
        await smtp.StartAsync();
        await using var host = await JobsHost.StartAsync(server, workers: 0, ("ConnectionStrings:mail", smtp.Url));
        await StartAsync(host);
        await host.UntilAsync(await host.AddAsync(Mail with { To = to }), "dead 1");
        Assert.Empty(smtp.Mailbox.List());
    }

    [Fact]
    public async Task Without_a_server_mails_are_put_into_the_folder()
    {
        var folder = Directory.CreateTempSubdirectory("scalehub-mails-");
        var inner = new DirectoryInfo(Path.Combine(folder.FullName, "made"));
        try
        {
            await using var host = await JobsHost.StartAsync(server, workers: 0, ("Mail:Folder", inner.FullName));
            await StartAsync(host);
            var job = await host.AddAsync(Mail);
            await host.UntilAsync(job, "succeeded 1");
            using var mail = await MimeMessage.LoadAsync(Assert.Single(inner.GetFiles()).FullName);
            // Mails have links in them that sign people in.
            Assert.Equal("700", Convert.ToString((int)inner.UnixFileMode, 8));
            Assert.Equal(Mail.Subject, mail.Subject);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("smtp://mail.example", "mail.example:587 StartTlsWhenAvailable")]
    [InlineData("smtp://mail.example:25", "mail.example:25 StartTlsWhenAvailable")]
    [InlineData("smtps://u%40x:p%3Aq@mail.example", "mail.example:465 SslOnConnect u@x p:q")]
    [InlineData("https://mail.example", null)]
    [InlineData("smtp:///x", null)]
    [InlineData("smtp://u:secret@mail.example/path", null)]
    [InlineData("smtp://u:secret@mail.example?tls=no", null)]
    [InlineData("secret", null)]
    public void The_connection_string_is_a_url_and_is_never_repeated(string url, string? read)
    {
        if (read is null)
        {
            var e = Assert.Throws<FormatException>(() => MailServer.Parse(url));
            Assert.DoesNotContain("secret", e.Message, StringComparison.Ordinal);
            return;
        }
        var server = MailServer.Parse(url);
        Assert.Equal(read, $"{server.Host}:{server.Port} {server.Security} {server.User} {server.Password}".TrimEnd());
    }

    [Fact]
    public async Task A_wrong_sender_or_server_ends_the_start()
    {
        var database = await server.CreateDatabaseAsync();
        var e = await Assert.ThrowsAsync<OptionsValidationException>(() => PlatformHost.StartAsync(database, ("Mail:From", "nobody at all@")));
        Assert.Contains("Mail__From is no address", e.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<OptionsValidationException>(() => PlatformHost.StartAsync(
            database, builder => builder.AddMailSender(), ("ConnectionStrings:mail", "mail.example")));
    }

    // The product's own kinds of jobs.
    private static Task StartAsync(JobsHost host) => host.StartWorkerAsync(ModuleList.Jobs);
}
