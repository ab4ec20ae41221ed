using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Modules;
using ScaleHub.Modules.Jobs;
using ScaleHub.Testing;
using ScaleHub.Tests.Platform.Jobs;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Modules.Jobs;

[Collection(PostgresTests.Name)]
public sealed class PurgeJobsTests(PostgresServer server)
{
    [Fact]
    public async Task A_job_that_is_dead_for_thirty_days_goes_whosever_it_is_and_nothing_else_does()
    {
        await using var host = await JobsHost.StartAsync(server, workers: 0);
        await host.ExecuteAsync("""
            insert into jobs (company_id, id, kind, state, due_at) values
                (gen_random_uuid(), gen_random_uuid(), 'old', 'dead', now() - interval '30 days 1 minute'),
                (gen_random_uuid(), gen_random_uuid(), 'young', 'dead', now() - interval '29 days'),
                (gen_random_uuid(), gen_random_uuid(), 'waiting', 'queued', now() - interval '90 days');
            """);
        await host.StartWorkerAsync(ModuleList.Jobs);
        var purge = await host.AddAsync(new PurgeJobs(), company: Tenant.Platform);
        await host.UntilAsync(purge, "succeeded 1");
        // A kind that this worker does not know waits for one that does.
        Assert.Equal(["waiting queued", "young dead"], await host.QueryAsync("select kind || ' ' || state from jobs order by 1"));
        Assert.Equal(["1"], await host.QueryAsync($"select result ->> 'deleted' from finished_jobs where id = '{purge}'"));
    }
}
