using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Platform.Jobs;

/// <summary>What the meter <c>ScaleHub.Jobs</c> says of the whole queue.</summary>
[Collection(PostgresTests.Name)]
public sealed class JobBacklogTests(PostgresServer server)
{
    [Fact]
    public async Task A_worker_tells_what_waits_how_old_it_is_and_what_is_dead_by_kind_and_zero_of_kinds_without_jobs()
    {
        await using var host = await JobsHost.StartAsync(server, workers: 0);
        // No worker knows this kind, so it stays as it is.
        await host.ExecuteAsync($"""
            insert into jobs (company_id, id, kind, state, due_at, attempts, ordering_key) values
                ('{host.Company}', gen_random_uuid(), 'test.unknown', 'queued', now() - interval '1 hour', 0, null),
                ('{Guid.NewGuid()}', gen_random_uuid(), 'test.unknown', 'queued', now() - interval '1 minute', 0, null),
                ('{host.Company}', gen_random_uuid(), 'test.unknown', 'scheduled', now() + interval '1 day', 1, 'a'),
                ('{host.Company}', gen_random_uuid(), 'test.unknown', 'blocked', now() - interval '1 day', 0, 'a'),
                ('{host.Company}', gen_random_uuid(), 'test.unknown', 'dead', now() - interval '2 days', 10, null)
            """);
        Dictionary<(string Name, object? Kind), double> gauges = [];
        IMeterFactory? meters = null;
        void Keep(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            // Other tests have workers of their own.
            if (instrument.Meter.Scope == meters) gauges[(instrument.Name, tags[0].Value)] = value;
        }
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == "ScaleHub.Jobs") listener.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Keep(instrument, value, tags));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Keep(instrument, value, tags));
        // Before the worker starts, which counts only while somebody listens.
        listener.Start();
        meters = (await host.StartWorkerAsync()).Services.GetRequiredService<IMeterFactory>();

        await Poll.UntilAsync(() =>
        {
            listener.RecordObservableInstruments();
            Assert.Equal(2, gauges[("scalehub.jobs.waiting", "test.unknown")]);
            Assert.InRange(gauges[("scalehub.jobs.oldest", "test.unknown")], 3600, 3900);
            Assert.Equal(1, gauges[("scalehub.jobs.dead", "test.unknown")]);
            Assert.All((string[])["waiting", "oldest", "dead"], what => Assert.Equal(0, gauges[($"scalehub.jobs.{what}", "test.note")]));
        }, seconds: 30);
    }
}
