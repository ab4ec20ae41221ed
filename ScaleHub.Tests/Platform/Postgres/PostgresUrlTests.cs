using Npgsql;
using ScaleHub.Core.Platform.Postgres;

namespace ScaleHub.Tests.Platform.Postgres;

public sealed class PostgresUrlTests
{
    [Theory]
    [InlineData("postgresql://u:p@db.example:7000/scalehub", "u", "p", "db.example", 7000, "scalehub")]
    [InlineData("postgres://u@db.example", "u", null, "db.example", 5432, null)]
    [InlineData("postgresql://a%40b:%2F%3F%23%25%3A@db/x%20y", "a@b", "/?#%:", "db", 5432, "x y")]
    [InlineData("postgresql://u:p@ss:w,o;r'd=[@db/x", "u", "p@ss:w,o;r'd=[", "db", 5432, "x")]
    [InlineData("postgresql://u:p@[::1]:7000/x", "u", "p", "::1", 7000, "x")]
    public void Every_part_of_a_url_is_kept(string url, string user, string? password, string host, int port, string? database)
    {
        var built = new NpgsqlConnectionStringBuilder(PostgresUrl.ToConnectionString(url));
        Assert.Equal((user, password, host, port, database),
            (built.Username, built.Password, built.Host, built.Port, built.Database));
    }

    [Fact]
    public void Every_parameter_is_kept()
    {
        var built = new NpgsqlConnectionStringBuilder(PostgresUrl.ToConnectionString(
            "postgresql://db/x?sslmode=verify-full&sslrootcert=%2Fetc%2Fca.pem&channel_binding=require&application_name=mine"
            + "&options=-c%20geqo%3Doff&sslcert=c.pem&sslkey=k.pem"));
        Assert.Equal(SslMode.VerifyFull, built.SslMode);
        Assert.Equal("/etc/ca.pem", built.RootCertificate);
        Assert.Equal(ChannelBinding.Require, built.ChannelBinding);
        Assert.Equal("mine", built.ApplicationName);
        Assert.Equal("-c geqo=off", built.Options);
        Assert.Equal(("c.pem", "k.pem"), (built.SslCertificate, built.SslKey));
    }

    [Theory]
    [InlineData("postgresql://u:hidden@a:1,b:2/x", "several hosts")]
    [InlineData("Host=a,b;Password=hidden", "several hosts")]
    [InlineData("postgresql://u:hidden@db/x?connect_timeout=3", "'connect_timeout'")]
    [InlineData("postgresql://u:hidden@db/x?target_session_attrs=any", "'target_session_attrs'")]
    [InlineData("postgresql://u:hidden@db/x?keepalives=1", "'keepalives'")]
    [InlineData("postgresql://u:hidden@db/x?sslmode=hidden", "'sslmode'")]
    [InlineData("postgresql://u:hidden@db:port/x", "port")]
    [InlineData("postgresql://u:hidden@/x", "no host")]
    [InlineData("postgresql://u:1/hidden@db/x", "%2F")]
    [InlineData("postgresql://u:hid#den@db/x", "%23")]
    public void What_would_be_lost_is_refused_by_name_and_no_value_is_told(string url, string named)
    {
        var error = Assert.Throws<FormatException>(() => PostgresUrl.ToConnectionString(url));
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden", error.Message, StringComparison.Ordinal);
    }
}
