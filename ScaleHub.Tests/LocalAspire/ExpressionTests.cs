using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using ScaleHub.LocalAspire;

namespace ScaleHub.Tests.LocalAspire;

public sealed class ExpressionTests
{
    [Fact]
    public async Task An_expression_fills_its_holes_and_leaves_braces_alone()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create();
        var name = builder.AddParameter("name", "Ada");
        var inner = ReferenceExpression.Create($"<{name}>");
        var expression = ReferenceExpression.Create($"{{a}} {inner} {"text"}");
        Assert.Equal("{a} <Ada> text", await expression.GetValueAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_connection_string_is_built_piece_by_piece()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create();
        var secret = builder.AddParameter("secret", "s3", secret: true);
        var connection = builder.AddConnectionString("other", b =>
        {
            b.Append($"Host=h;Password={secret}");
            b.AppendLiteral(";Ssl=on");
        });
        Assert.Equal("Host=h;Password=s3;Ssl=on", await connection.Resource.ConnectionStringExpression.GetValueAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Configuration_wins_over_a_parameters_default()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create("--Parameters:name", "Grace");
        Assert.Equal("Grace", await builder.AddParameter("name", "Ada").Resource.GetValueAsync(CancellationToken.None));
    }

    [Fact]
    public void A_generated_value_keeps_to_its_rules()
    {
        var value = new GenerateParameterDefault { MinLength = 40, Special = false, MinNumeric = 5 }.GetDefaultValue();
        Assert.Equal(40, value.Length);
        Assert.All(value, c => Assert.True(char.IsAsciiLetterOrDigit(c)));
        Assert.True(value.Count(char.IsAsciiDigit) >= 5);
    }

    [Fact]
    public async Task A_reference_to_a_database_sets_the_connection_string_and_its_parts()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create();
        var server = builder.AddPostgres("pg", password: builder.AddParameter("password", "p/w", secret: true));
        server.Resource.PrimaryEndpoint.EndpointAnnotation.AllocatedEndpoint =
            new(server.Resource.PrimaryEndpoint.EndpointAnnotation, "localhost", 5);
        var program = builder.AddExecutable("program", "true", "/").WithReference(server.AddDatabase("my-db", "data"));

        var environment = (await ResourceConfiguration.ResolveAsync(program.Resource, builder.ExecutionContext, default)).Environment;
        Assert.Equal("Host=localhost;Port=5;Username=postgres;Password=p/w;Database=data", environment["ConnectionStrings__my-db"]);
        Assert.Equal("localhost", environment["MY_DB_HOST"]);
        Assert.Equal("5", environment["MY_DB_PORT"]);
        Assert.Equal("postgres", environment["MY_DB_USERNAME"]);
        Assert.Equal("p/w", environment["MY_DB_PASSWORD"]);
        Assert.Equal("data", environment["MY_DB_DATABASENAME"]);
        Assert.Equal("postgresql://postgres:p%2Fw@localhost:5/data", environment["MY_DB_URI"]);
    }

    [Fact]
    public async Task A_reference_to_a_service_sets_its_endpoints_in_both_forms()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create();
        var service = builder.AddResource(new Service("my-api")).WithHttpEndpoint();
        var endpoint = service.GetEndpoint("http").EndpointAnnotation;
        endpoint.AllocatedEndpoint = new(endpoint, "localhost", 5);
        var program = builder.AddExecutable("program", "true", "/").WithReference(service);

        var environment = (await ResourceConfiguration.ResolveAsync(program.Resource, builder.ExecutionContext, default)).Environment;
        Assert.Equal("http://localhost:5", environment["services__my-api__http__0"]);
        Assert.Equal("http://localhost:5", environment["MY_API_HTTP"]);
    }

    private sealed class Service(string name) : ExecutableResource(name, "true", "/"), IResourceWithServiceDiscovery;
}
