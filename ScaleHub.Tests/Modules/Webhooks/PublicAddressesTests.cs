using System.Net;
using Microsoft.Extensions.Options;
using ScaleHub.Core.Platform.Secrets;
using ScaleHub.Modules.Webhooks;

namespace ScaleHub.Tests.Modules.Webhooks;

/// <summary>No call goes to where only this network can reach.</summary>
public sealed class PublicAddressesTests
{
    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("10.0.0.1")]
    [InlineData("10.255.255.255")]
    [InlineData("100.64.0.1")]
    [InlineData("100.127.255.255")]
    [InlineData("127.0.0.1")]
    [InlineData("127.255.255.254")]
    [InlineData("169.254.169.254")]
    [InlineData("172.16.0.1")]
    [InlineData("172.31.255.255")]
    [InlineData("192.0.0.8")]
    [InlineData("192.0.2.1")]
    [InlineData("192.88.99.1")]
    [InlineData("192.168.1.1")]
    [InlineData("198.18.0.1")]
    [InlineData("198.19.255.255")]
    [InlineData("198.51.100.1")]
    [InlineData("203.0.113.1")]
    [InlineData("224.0.0.1")]
    [InlineData("239.255.255.255")]
    [InlineData("240.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("::10.0.0.1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("::ffff:8.8.8.8")]
    [InlineData("::8.8.8.8")]
    [InlineData("::ffff:0:8.8.8.8")]
    [InlineData("64:ff9b::10.0.0.1")]
    [InlineData("64:ff9b::7f00:1")]
    [InlineData("64:ff9b:1::8.8.8.8")]
    [InlineData("100::1")]
    [InlineData("2001::1")]
    [InlineData("2001:0:4136:e378:8000:63bf:3fff:fdd2")]
    [InlineData("2001:2::1")]
    [InlineData("2001:20::1")]
    [InlineData("2001:db8::1")]
    [InlineData("2002:0a00:0001::1")]
    [InlineData("2002:7f00:1::")]
    [InlineData("3fff::1")]
    [InlineData("4000::1")]
    [InlineData("5f00::1")]
    [InlineData("fc00::1")]
    [InlineData("fd12:3456::1")]
    [InlineData("fe80::1")]
    [InlineData("fe80::1%1")]
    [InlineData("fec0::1")]
    [InlineData("ff02::1")]
    public void An_address_that_is_not_public_is_known_as_such(string address)
        => Assert.False(PublicAddresses.IsPublic(IPAddress.Parse(address)));

    [Theory]
    [InlineData("1.1.1.1")]
    [InlineData("8.8.8.8")]
    [InlineData("9.255.255.255")]
    [InlineData("100.63.255.255")]
    [InlineData("100.128.0.1")]
    [InlineData("172.15.255.255")]
    [InlineData("172.32.0.1")]
    [InlineData("192.0.1.1")]
    [InlineData("198.17.255.255")]
    [InlineData("198.20.0.1")]
    [InlineData("223.255.255.255")]
    [InlineData("2606:4700:4700::1111")]
    [InlineData("2001:4860:4860::8888")]
    [InlineData("2a00:1450::1")]
    [InlineData("64:ff9b::8.8.8.8")]
    public void A_public_address_is_known_as_such(string address) => Assert.True(PublicAddresses.IsPublic(IPAddress.Parse(address)));

    [Fact]
    public async Task Neither_an_address_of_this_machine_nor_a_name_for_it_is_called()
    {
        await using var receiver = await new Receiver().StartAsync();
        var secrets = new WebhookSecrets(new SecretBox(Options.Create(new SecretOptions { Secret = new string('s', 32) })));
        using var sender = new WebhookSender(secrets, Options.Create(new WebhookOptions()), TimeProvider.System);
        var number = receiver.Url.Replace("127.0.0.1", "2130706433", StringComparison.Ordinal);
        foreach (var url in new[] { receiver.Url, receiver.NamedUrl, number })
            Assert.Equal("The address of the host is not public.", (await SendAsync(sender, secrets, url)).Error);
        Assert.Empty(receiver.Calls);

        // The check itself: the same calls arrive where they are allowed.
        using var open = new WebhookSender(
            secrets, Options.Create(new WebhookOptions { AllowPrivateAddresses = true }), TimeProvider.System);
        foreach (var url in new[] { receiver.Url, receiver.NamedUrl }) Assert.Null((await SendAsync(open, secrets, url)).Error);
        Assert.Equal(2, receiver.Calls.Count);
    }

    private static Task<WebhookAnswer> SendAsync(WebhookSender sender, WebhookSecrets secrets, string url)
    {
        var (company, now) = (Guid.NewGuid(), DateTimeOffset.UtcNow);
        return sender.SendAsync(
            new Webhook
            {
                CompanyId = company,
                Id = company,
                Url = url,
                Events = [],
                Secret = secrets.Create().Sealed,
                CreatedAt = now,
                UpdatedAt = now,
            },
            new WebhookDelivery
            {
                CompanyId = company,
                Id = company,
                WebhookId = company,
                EventId = company,
                EventType = "task.created",
                SubjectId = company,
                Body = "{}",
                CreatedAt = now,
            },
            CancellationToken.None);
    }
}
