using ScaleHub.Testing;

namespace ScaleHub.Tests.AppHost;

public sealed class SettingsTests
{
    [Theory]
    [InlineData("--instances", "x", "a whole number from 1 to 32")]
    [InlineData("--instances", "0", "a whole number from 1 to 32")]
    [InlineData("--instances", "-1", "a whole number from 1 to 32")]
    [InlineData("--instances", "33", "a whole number from 1 to 32")]
    [InlineData("--replicas", "x", "a whole number from 0 to 8")]
    [InlineData("--replicas", "-1", "a whole number from 0 to 8")]
    [InlineData("--replicas", "9", "a whole number from 0 to 8")]
    [InlineData("--volumes", "maybe", "true or false")]
    [InlineData("--limits", "0", "a number from 0.001 to 1000000")]
    [InlineData("--limits", "x", "a number from 0.001 to 1000000")]
    [InlineData("--limits", "NaN", "a number from 0.001 to 1000000")]
    [InlineData("--durability", "bogus", "quorum or async")]
    [InlineData("--servers", "docker", "auto, native or containers")]
    [InlineData("--trusted-proxies", "10.0.0.0/8,everybody", "networks such as 10.0.0.0/8, separated by commas")]
    public async Task A_setting_that_is_not_allowed_says_in_one_line_what_is_and_ends_with_2(string name, string value, string allowed)
    {
        var (code, output, error) = await StartAsync(name, value);
        Assert.Equal(2, code);
        Assert.Empty(output);
        Assert.Equal($"{name} '{value}' is not allowed: use {allowed}.", error.TrimEnd('\n'));
    }

    [Fact]
    public async Task Quorum_without_a_standby_is_refused()
    {
        var (code, output, error) = await StartAsync("--durability", "quorum", "--replicas", "0");
        Assert.Equal(2, code);
        Assert.Empty(output);
        Assert.StartsWith("--durability quorum needs a standby", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_needs_its_key_and_both_must_exist()
    {
        var (code, _, error) = await StartAsync("--certificate", "cert.pem");
        Assert.Equal(2, code);
        Assert.Equal("--certificate and --certificate-key belong together: give both, or none.", error.TrimEnd('\n'));
        (code, _, error) = await StartAsync("--certificate", "no-such-file", "--certificate-key", "no-such-file");
        Assert.Equal(2, code);
        Assert.Equal("--certificate 'no-such-file' is not allowed: use a file that exists.", error.TrimEnd('\n'));
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("-h")]
    public async Task Help_lists_every_option_and_starts_nothing(string option)
    {
        var (code, output, error) = await StartAsync("--instances", "0", option);
        Assert.Equal(0, code);
        Assert.Empty(error);
        foreach (var name in (string[])["instances", "replicas", "limits", "durability", "servers", "volumes", "reset", "fixed-ports",
            "certificate", "certificate-key", "trusted-proxies"])
        {
            Assert.Contains($"--{name} ", output, StringComparison.Ordinal);
        }
    }

    private static async Task<(int Code, string Output, string Error)> StartAsync(params string[] args)
    {
        await using var process = AppHostProcess.Start(args);
        await process.EndAsync();
        return (process.ExitCode, string.Join('\n', process.Output), string.Join('\n', process.Errors));
    }
}
