using System.Globalization;
using System.Net;
using System.Text.Json;
using Npgsql;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Modules;
using ScaleHub.Modules.Identity;
using ScaleHub.Testing;
using ScaleHub.Tests.Platform.Jobs;
using ScaleHub.Tests.Platform.Postgres;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Modules.Identity;

/// <summary>The way to the erasure of a company: who may ask for it, and that it can be taken back.</summary>
[Collection(ApiTests.Name)]
public sealed class EraseCompanyTests(ApiFixture api)
{
    private const string Erasure = "/api/v1/company/erasure";

    [Fact]
    public async Task An_owner_with_the_password_has_the_company_erased_in_30_days_and_takes_it_back()
    {
        using var owner = await api.RegisterAsync();
        await (await owner.Client.PutAsync(Erasure, Responses.Json("""{"password":"wrong password"}"""))).ProblemAsync(HttpStatusCode.Forbidden);
        Assert.Equal(JsonValueKind.Null, (await CompanyAsync(owner)).GetProperty("erasesAt").ValueKind);
        Assert.Equal(HttpStatusCode.NotFound, (await owner.Client.DeleteAsync(Erasure)).StatusCode);

        var body = Responses.Json($$"""{"password":"{{Account.Password}}"}""");
        var first = await (await owner.Client.PutAsync(Erasure, body)).JsonAsync(HttpStatusCode.OK);
        var at = first.GetProperty("erasesAt").GetDateTimeOffset();
        Assert.InRange(at, DateTimeOffset.UtcNow.AddDays(29.9), DateTimeOffset.UtcNow.AddDays(30.1));
        Assert.Equal(at, (await CompanyAsync(owner)).GetProperty("erasesAt").GetDateTimeOffset());
        // A second call does not put it off, and tells nobody again.
        var second = await (await owner.Client.PutAsync(Erasure, Responses.Json($$"""{"password":"{{Account.Password}}"}"""))).JsonAsync(HttpStatusCode.OK);
        Assert.Equal(at, second.GetProperty("erasesAt").GetDateTimeOffset());
        Assert.Equal(["1"], await PostgresServer.QueryAsync(api.Database.Owner,
            $"select count(*) from jobs where company_id = '{owner.CompanyId}' and payload->>'subject' = 'Your company will be erased'"));

        Assert.Equal(HttpStatusCode.NoContent, (await owner.Client.DeleteAsync(Erasure)).StatusCode);
        Assert.Equal(JsonValueKind.Null, (await CompanyAsync(owner)).GetProperty("erasesAt").ValueKind);
    }

    private static async Task<JsonElement> CompanyAsync(Account account)
        => await (await account.Client.GetAsync("/api/v1/company")).JsonAsync(HttpStatusCode.OK);
}

/// <summary>Of an erased company nothing is left, in whatever table, and of others nothing is lost.</summary>
[Collection(PostgresTests.Name)]
public sealed class ErasedRowsTests(PostgresServer server)
{
    private const string Tables = """
        select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'company_id'
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition order by 1
        """;

    [Fact]
    public async Task A_company_whose_erasure_was_taken_back_loses_nothing_though_its_job_runs()
    {
        await using var host = await JobsHost.StartAsync(server, 0);
        await using var owner = NpgsqlDataSource.Create(host.Database.Owner + ";Options=-c session_replication_role=replica");
        await (await SampleData.PrepareAsync(owner, companies: 1)).FillAsync(owner, 60);
        await host.ExecuteAsync("delete from jobs; update companies set erase_at = now() + interval '1 second' where id = sample_id(0)");
        var company = Guid.Parse(Assert.Single(await host.QueryAsync("select sample_id(0)")));
        var before = await host.QueryAsync("select (select count(*) from logins) || ' ' || (select count(*) from sessions) || ' ' || (select count(*) from files)");
        await host.StartWorkerAsync(ModuleList.Jobs);
        foreach (var at in (string[])["null", "now() + interval '1 day'"])
        {
            await host.ExecuteAsync($"update companies set erase_at = {at} where id = sample_id(0)");
            var id = await host.AddAsync(new EraseCompanyData(company), company: Tenant.Platform);
            await host.UntilAsync(id, "succeeded 1");
        }
        Assert.Equal(before, await host.QueryAsync("select (select count(*) from logins) || ' ' || (select count(*) from sessions) || ' ' || (select count(*) from files)"));
    }

    [Fact]
    public async Task Every_row_of_the_company_goes_and_no_row_of_another()
    {
        await using var host = await JobsHost.StartAsync(server, 0);
        await using var owner = NpgsqlDataSource.Create(host.Database.Owner + ";Options=-c session_replication_role=replica");
        await (await SampleData.PrepareAsync(owner, companies: 2)).FillAsync(owner, 120);
        // No job of the sample can be run.
        await host.ExecuteAsync("delete from jobs; update companies set erase_at = now() where id = sample_id(0)");
        var tables = await host.QueryAsync(Tables);
        var others = await CountAsync("sample_id(1)");
        Assert.True((await CountAsync("sample_id(0)")).Values.Count(n => n > 0) > 30);

        // One that is not due is refused, whoever asks.
        await host.StartWorkerAsync(ModuleList.Jobs);
        await Assert.ThrowsAsync<PostgresException>(() => host.ExecuteAsync(
            "select set_config('app.company_id', 'ffffffff-ffff-ffff-ffff-ffffffffffff', false); select erase_rows(sample_id(1), 10)"));
        var gone = Assert.Single(await host.QueryAsync("select sample_id(0)"));
        var id = await host.AddAsync(new EraseCompanyData(Guid.Parse(gone)), company: Tenant.Platform);
        await host.UntilAsync(id, "succeeded 1");

        Assert.Empty((await CountAsync("sample_id(0)")).Where(t => t.Value > 0).Select(t => t.Key));
        Assert.Equal(["0"], await host.QueryAsync("select count(*) from companies where id = sample_id(0)"));
        Assert.Equal(others, await CountAsync("sample_id(1)"));
        Assert.Equal(["company.erased"], await host.QueryAsync(
            $"select action from audit_log where subject_id = '{gone}' and company_id = 'ffffffff-ffff-ffff-ffff-ffffffffffff'"));

        async Task<Dictionary<string, long>> CountAsync(string company)
            => (await host.QueryAsync(string.Join(" union all ", tables.Select(t => $"select '{t}=' || count(*) from {t} where company_id = {company}"))))
                .Select(line => line.Split('=')).ToDictionary(p => p[0], p => long.Parse(p[1], CultureInfo.InvariantCulture));
    }
}
