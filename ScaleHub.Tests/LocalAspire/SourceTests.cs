using Npgsql;
using ScaleHub.LocalAspire;
using ScaleHub.Tests.System;

namespace ScaleHub.Tests.LocalAspire;

/// <summary>The dashboard shows what runs on this machine, and not the image that it stands in for.</summary>
[Collection(GraphCollection.Name)]
public sealed class SourceTests(GraphFixture graph)
{
    [Theory]
    [InlineData("pg", "postgres")]
    [InlineData("pg-replica-1", "postgres")]
    [InlineData("redis", "redis-server|valkey-server")]
    [InlineData("lb", "nginx")]
    public void A_server_is_shown_with_the_program_that_runs_and_its_version(string resource, string program)
    {
        var view = View(resource);
        Assert.Equal("Executable", view.Type);
        Assert.Matches($@"^/.+/({program}) \d+(\.\d+)+$", view.Source);
        Assert.True(File.Exists(view.Source!.Split(' ')[0]));
    }

    [Fact]
    public async Task The_version_that_is_shown_is_the_one_that_answers()
    {
        await using var source = NpgsqlDataSource.Create(await graph.GetConnectionString("pg"));
        await using var command = source.CreateCommand("show server_version");
        var answered = (string)(await command.ExecuteScalarAsync())!;
        Assert.Equal(answered.Split(' ')[0], View("pg").Source!.Split(' ')[^1]);
    }

    [Fact]
    public void A_project_is_shown_with_its_file()
        => Assert.EndsWith("/ScaleHub.Api.csproj", View("api-1").Source, StringComparison.Ordinal);

    private ResourceView View(string resource)
    {
        Assert.True(graph.App.ResourceNotifications.TryGetCurrentState(resource, out var state));
        return ResourceView.Of(state);
    }
}
