using System.Text.RegularExpressions;
using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Core.Platform.Mail;
using ScaleHub.MailCatcher;
using ScaleHub.Testing;

namespace ScaleHub.Tests.Modules.Identity;

/// <summary>An instance of the API, a worker beside it, and a mail server: what the life of an account needs.</summary>
public sealed partial class AccountLifeFixture : IAsyncLifetime
{
    private readonly CatchingMailServer _mail = new();
    private PlatformHost _worker = null!;

    public ApiInstances Api { get; private set; } = null!;

    public Mailbox Mailbox => _mail.Mailbox;

    public async Task InitializeAsync()
    {
        await _mail.StartAsync();
        Api = await ApiInstances.StartAsync(1, ("RateLimits__Scale", "1000"), ("Mail__PublicUrl", "https://app.example"));
        _worker = await PlatformHost.StartAsync(Api.Database, builder => builder.AddJobLoops().AddMailSender(),
            ("ConnectionStrings:mail", _mail.Url), ("Mail:PublicUrl", "https://app.example"));
    }

    public async Task DisposeAsync()
    {
        await _worker.DisposeAsync();
        await Api.DisposeAsync();
        await _mail.DisposeAsync();
    }

    /// <summary>Waits for so many mails with a subject to an address; newest first.</summary>
    public async Task<IReadOnlyList<CaughtMail>> MailsAsync(string to, string subject, int count = 1)
    {
        IReadOnlyList<CaughtMail> found = [];
        await Poll.UntilAsync(() =>
        {
            found = [.. Mailbox.List(to).Where(m => m.Subject == subject)];
            Assert.Equal(count, found.Count);
        }, seconds: 30);
        return found;
    }

    /// <summary>The token of the link in a mail.</summary>
    public async Task<string> TokenAsync(string to, string subject, int count = 1)
    {
        var mail = (await MailsAsync(to, subject, count))[0];
        var link = Link().Match(mail.Text!);
        Assert.True(link.Success, mail.Text);
        return link.Groups[1].Value;
    }

    [GeneratedRegex(@"https://app\.example/account#\w+=([\w-]{80,})")]
    private static partial Regex Link();
}
