using System.Diagnostics;
using System.Net;
using Aspire.Hosting.Testing;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Worker;

[Collection(GraphCollection.Name)]
public sealed class OperatorTests(GraphFixture graph)
{
    [Fact]
    public async Task The_worker_makes_an_operator_who_signs_in_has_no_part_in_companies_and_can_be_removed()
    {
        using var client = graph.CreateClient();
        var email = Account.NewEmail();
        Assert.Equal(0, await RunAsync("operator", "--email", email));
        var (access, _) = await client.SignInAsync(email);
        Assert.Equal(HttpStatusCode.OK, await client.StatusAsync(access));
        Assert.Equal(HttpStatusCode.Forbidden, await client.StatusAsync(access, "/api/v1/tasks"));

        Assert.Equal(0, await RunAsync("operator", "--email", email, "--remove"));
        await AssertEndsAsync(access);
        await (await client.PostJsonAsync("/api/v1/auth/login", new { email, password = Account.Password }))
            .ProblemAsync(HttpStatusCode.Unauthorized);
        Assert.Equal(1, await RunAsync("operator", "--email", email, "--remove"));
    }

    [Fact]
    public async Task The_address_of_somebody_in_a_company_is_refused()
    {
        using var account = await Account.RegisterAsync(graph.Address);
        Assert.Equal(1, await RunAsync("operator", "--email", account.Email));
        Assert.Equal(1, await RunAsync("operator", "--email", "nobody"));
        Assert.Equal(2, await RunAsync("operator"));
    }

    [Fact]
    public async Task A_new_password_ends_an_operators_sessions_on_every_instance_in_under_a_second()
    {
        using var client = graph.CreateClient();
        var email = Account.NewEmail();
        Assert.Equal(0, await RunAsync("operator", "--email", email));
        var (access, _) = await client.SignInAsync(email);
        foreach (var instance in graph.Instances)
        {
            using var direct = new HttpClient { BaseAddress = instance };
            Assert.Equal(HttpStatusCode.OK, await direct.StatusAsync(access));
        }
        Assert.Equal(0, await RunAsync("operator", "--email", email));
        await AssertEndsAsync(access);
    }

    // The command has ended, so its commit is older than a second or will be by the second look.
    private async Task AssertEndsAsync(string access)
    {
        foreach (var instance in graph.Instances)
        {
            using var direct = new HttpClient { BaseAddress = instance };
            await Poll.UntilAsync(async () => Assert.Equal(HttpStatusCode.Unauthorized, await direct.StatusAsync(access)), seconds: 2);
        }
    }

    private async Task<int> RunAsync(params string[] arguments)
    {
        using var worker = Process.Start(new ProcessStartInfo("dotnet",
            [Path.Combine(AppContext.BaseDirectory, "ScaleHub.Worker.dll"), .. arguments])
        {
            Environment =
            {
                ["ConnectionStrings__scalehub"] = await graph.GetConnectionString("pg"),
                ["ConnectionStrings__redis"] = await graph.App.GetConnectionStringAsync("redis"),
                ["SCALEHUB_OPERATOR_PASSWORD"] = Account.Password,
            },
        })!;
        await worker.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(1));
        return worker.ExitCode;
    }
}
