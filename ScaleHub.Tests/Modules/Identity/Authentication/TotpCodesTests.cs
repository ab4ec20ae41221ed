using System.Text;
using Microsoft.Extensions.Options;
using ScaleHub.Core.Platform.Secrets;
using ScaleHub.Modules.Identity;
using ScaleHub.Modules.Identity.Authentication;

namespace ScaleHub.Tests.Modules.Identity.Authentication;

/// <summary>Codes by the vectors of RFC 6238, appendix B (SHA-1; their last six digits).</summary>
public sealed class TotpCodesTests
{
    private static readonly SecretBox Box = new(Options.Create(new SecretOptions { Secret = new string('s', 32) }));

    [Theory]
    [InlineData(59, "287082")]
    [InlineData(1111111109, "081804")]
    [InlineData(1111111111, "050471")]
    [InlineData(1234567890, "005924")]
    [InlineData(2000000000, "279037")]
    [InlineData(20000000000, "353130")]
    public void A_code_is_taken_in_its_half_minute_and_those_beside_it_and_never_again(long time, string code)
    {
        foreach (var (offset, taken) in ((int, bool)[])[(0, true), (-30, true), (30, true), (-60, false), (60, false)])
        {
            var at = DateTimeOffset.FromUnixTimeSeconds(Math.Max(0, time + offset));
            if (time + offset < 0) continue;
            var (codes, totp) = (new TotpCodes(Box, new At(at)), New());
            Assert.Equal(taken, codes.Take(totp, code, null));
            Assert.False(codes.Take(totp, code, null));
        }
    }

    [Fact]
    public void A_code_that_is_older_than_one_that_was_taken_is_not_taken()
    {
        var totp = New();
        Assert.True(new TotpCodes(Box, new At(DateTimeOffset.FromUnixTimeSeconds(1111111111))).Take(totp, "050471", null));
        Assert.False(new TotpCodes(Box, new At(DateTimeOffset.FromUnixTimeSeconds(1111111109))).Take(totp, "081804", null));
    }

    private static UserTotp New() => new()
    {
        CompanyId = Guid.NewGuid(),
        UserId = Guid.NewGuid(),
        Secret = Box.Seal(TotpCodes.Purpose, Encoding.ASCII.GetBytes("12345678901234567890")),
        CreatedAt = DateTimeOffset.UtcNow,
    };

    private sealed class At(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
