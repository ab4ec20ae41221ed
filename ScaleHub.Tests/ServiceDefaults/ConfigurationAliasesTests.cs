using Microsoft.Extensions.Configuration;
using ScaleHub.ServiceDefaults.Configuration;

namespace ScaleHub.Tests.ServiceDefaults;

public sealed class ConfigurationAliasesTests
{
    [Theory]
    [InlineData("DB_POOL_MAX", "7", "Postgres:Pool:Max")]
    [InlineData("DB_POOL_MIN", "0", "Postgres:Pool:Min")]
    [InlineData("DB_REPLICA_POOL_MAX", "8", "Postgres:ReplicaPool:Max")]
    [InlineData("DB_REPLICA_POOL_MIN", "2", "Postgres:ReplicaPool:Min")]
    [InlineData("DATABASE_URL", "postgresql://u:p@db:5432/scalehub", "ConnectionStrings:scalehub")]
    [InlineData("DATABASE_URL", "Host=db;Username=u", "ConnectionStrings:scalehub")]
    [InlineData("REDIS_URL", "redis://cache:6379", "ConnectionStrings:redis")]
    [InlineData("APP_NAME", "my-app", "Redis:Prefix")]
    public void An_old_name_sets_the_new_one_unless_that_is_set(string old, string value, string name)
    {
        Assert.Equal(value, Configure((old, value))[name]);
        Assert.Equal("set", Configure((old, value), (name, "set"))[name]);
    }

    [Fact]
    public void Read_replicas_are_numbered_and_the_list_is_ignored_when_one_has_a_new_name()
    {
        const string List = "postgres://a/x, postgres://b/x,";
        var configuration = Configure(("DATABASE_READ_REPLICAS", List));
        Assert.Equal("postgres://a/x", configuration["ConnectionStrings:scalehub-replica-1"]);
        Assert.Equal("postgres://b/x", configuration["ConnectionStrings:scalehub-replica-2"]);
        Assert.Null(configuration["ConnectionStrings:scalehub-replica-3"]);

        configuration = Configure(("DATABASE_READ_REPLICAS", List), ("ConnectionStrings:scalehub-replica-2", "Host=c"));
        Assert.Null(configuration["ConnectionStrings:scalehub-replica-1"]);
        Assert.Equal("Host=c", configuration["ConnectionStrings:scalehub-replica-2"]);
    }

    [Theory]
    [InlineData("DB_POOL_MAX", "0")]
    [InlineData("DB_POOL_MAX", "many")]
    [InlineData("DB_POOL_MIN", "-1")]
    [InlineData("DB_REPLICA_POOL_MAX", "1001")]
    [InlineData("DATABASE_URL", "mysql://u:hidden@db/x")]
    [InlineData("DATABASE_READ_REPLICAS", "postgres://a/x,nonsense")]
    [InlineData("REDIS_URL", "http://u:hidden@cache")]
    [InlineData("APP_NAME", "a:b")]
    public void A_value_that_cannot_be_meant_is_refused_by_name_without_telling_secrets(string name, string value)
    {
        var error = Assert.Throws<ConfigurationException>(() => Configure((name, value)));
        Assert.Contains(name, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden", error.Message, StringComparison.Ordinal);
    }

    private static ConfigurationManager Configure(params (string Name, string Value)[] settings)
    {
        var configuration = new ConfigurationManager();
        configuration.AddInMemoryCollection(settings.Select(s => KeyValuePair.Create(s.Name, (string?)s.Value)));
        ConfigurationAliases.Add(configuration);
        return configuration;
    }
}
