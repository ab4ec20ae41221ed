using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Caching;
using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Core.Platform.Mail;
using ScaleHub.Http;
using ScaleHub.Http.Overload;
using ScaleHub.Http.RateLimiting;
using ScaleHub.Modules;
using ScaleHub.ServiceDefaults;
using ScaleHub.Testing;

namespace ScaleHub.Tests.Worker;

/// <summary>
/// Every setting of the API and the worker that the platform's table (<c>SettingsOfThePlatformTests</c>) does not have, with the values at
/// the ends of what is good, and with values that end the start with a sentence.
/// </summary>
public sealed class SettingsOfTheProgramsTests
{
    [Theory]
    [InlineData("Cache:LocalBytes", "65536", "65535", "-1", "64 MB")]
    [InlineData("Cache:MaxValueBytes", "1024", "1023", "67108865")]
    [InlineData("Cache:ExpirationSeconds", "86400", "0", "86401")]
    [InlineData("Cache:StaleSeconds", "0", "-1", "86401")]
    [InlineData("Cache:LockMs", "50", "49", "60001")]
    [InlineData("Identity:Issuer", "https://login.example", "")]
    [InlineData("Identity:Audience", "api", "")]
    [InlineData("Identity:AccessTokenMinutes", "1440", "0", "1441", "an hour")]
    [InlineData("Identity:RefreshGraceSeconds", "0", "-1", "61")]
    [InlineData("Identity:HashesAtOnce", "0", "-1", "65")]
    [InlineData("Identity:HashQueue", "1", "0", "10001")]
    [InlineData("Overload:Concurrency", "1", "0", "100001")]
    [InlineData("Overload:Queue", "0", "-1", "1000001")]
    [InlineData("Overload:Reserve", "1", "0", "10001")]
    [InlineData("Overload:Streams", "1", "0", "100001")]
    [InlineData("Overload:RetryAfterSeconds", "3600", "0", "3601")]
    [InlineData("RateLimits:Instances", "10000", "0", "10001")]
    [InlineData("RateLimits:Scale", "0.001", "0", "-1", "1000001", "double")]
    [InlineData("RateLimits:Policies:user:Limit", "1", "0", "-5", "some")]
    [InlineData("RateLimits:Policies:user:WindowSeconds", "86400", "0", "86401")]
    [InlineData("RateLimits:Policies:auth:Limit", "7", "0")]
    [InlineData("Shutdown:DrainSeconds", "0", "-0.1", "5.1")]
    [InlineData("Metrics:Port", "0", "-1", "65536", "http")]
    [InlineData("Metrics:Address", "::", "", "metrics.example")]
    [InlineData("Jobs:Slots", "500", "0", "501", "2")]
    [InlineData("Jobs:ReservedSlots", "11", "-1", "12")]
    [InlineData("Jobs:LeaseSeconds", "3600", "0", "3601")]
    [InlineData("Jobs:PollMs", "10", "9", "60001")]
    [InlineData("Mail:From", "Hub <hub@mail.example>", "", "nobody at all <")]
    [InlineData("Mail:PublicUrl", "https://hub.example", "hub.example", "javascript:alert(1)")]
    [InlineData("Mail:TimeoutSeconds", "120", "0", "121")]
    [InlineData("Webhooks:TimeoutSeconds", "60", "0", "61")]
    [InlineData("Webhooks:AllowPrivateAddresses", "true", "sometimes")]
    [InlineData("Billing:SimulatePayments", "false", "perhaps")]
    [InlineData("Blobs:Folder", "/tmp", "/proc/nowhere", "")]
    [InlineData("ForwardedHeaders:TrustLoopback", "false", "maybe")]
    [InlineData("ForwardedHeaders:KnownNetworks:0", "10.0.0.0/8", "10.0.0.0/33", "my proxy", "10.0.0.1/a")]
    [InlineData("ForwardedHeaders:Proxies", "2", "0", "21", "both")]
    public void A_good_value_is_taken_and_a_bad_one_ends_the_start_with_a_sentence(string name, string good, params string[] bad)
    {
        Validate(name, good);
        foreach (var value in bad)
        {
            var error = Assert.ThrowsAny<Exception>(() => Validate(name, value));
            // What a start ends with a line for, and not with a stack trace; it names the setting.
            var text = error is OptionsValidationException { Failures: var failures } ? string.Join(' ', failures) : error.Message;
            Assert.True(error is OptionsValidationException or InvalidOperationException,
                $"{value}: {error}");
            Assert.Contains(name.Split(':').Last(part => !int.TryParse(part, out _)), text, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public void A_limit_of_a_policy_that_does_not_exist_ends_the_start_and_names_those_that_do()
    {
        var error = Assert.Throws<OptionsValidationException>(() => Validate("RateLimits:Policies:usr:Limit", "1"));
        Assert.Contains("user", error.Message, StringComparison.Ordinal);
    }

    private static void Validate(string name, string value)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.AddInMemoryCollection(
        [
            new("ConnectionStrings:scalehub", "Host=127.0.0.1;Port=1;Username=nobody;Database=none"),
            new("ConnectionStrings:redis", "127.0.0.1:1"),
            new("ScaleHub:Secret", PostgresServer.Secret),
            new(name, value),
        ]);
        builder.AddServiceDefaults();
        builder.AddPlatform();
        builder.AddForwardedHeaders();
        builder.AddLoadShedding();
        builder.AddRateLimits();
        builder.AddCache();
        builder.AddModules();
        builder.AddJobLoops();
        builder.AddMailSender();
        using var app = (IDisposable)builder.Build();
        // What the host's start asks before anything else.
        ((WebApplication)app).Services.GetRequiredService<IStartupValidator>().Validate();
    }
}
