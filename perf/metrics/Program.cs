using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using ScaleHub.Core.Platform.Caching;
using ScaleHub.Core.Platform.Metrics;

// What counting a request costs: dotnet run -c Release --project perf/metrics
// Ours beside OpenTelemetry's histogram with the company as a label, which is what one would do without it; and what a company
// takes in memory for a minute of requests to three endpoints.
const int Requests = 60_000, Rounds = 30, Companies = 10_000, Endpoints = 3;

var samples = new RequestSample[Requests];
var random = new Random(1);
var ids = Enumerable.Range(0, Companies).Select(_ => Guid.CreateVersion7()).ToArray();
for (var i = 0; i < Requests; i++)
{
    samples[i] = new(ids[random.Next(Companies)], Guid.Empty, (uint)random.Next(Endpoints), 200,
        TimeSpan.FromMicroseconds(500 * Math.Exp(3 * random.NextDouble())), (UInt128)random.NextInt64());
}

using var meters = new Meter("perf");
var histogram = meters.CreateHistogram<double>("request.duration", "s");
using var provider = Sdk.CreateMeterProviderBuilder().AddMeter("perf").AddReader(new BaseExportingMetricReader(new Nowhere()))
    .SetExemplarFilter(ExemplarFilterType.AlwaysOff)
    .AddView(i => new ExplicitBucketHistogramConfiguration { CardinalityLimit = Companies + 1 }).Build();
// It is never written: nobody has started it.
using var services = new ServiceCollection().AddMetrics().AddLogging().BuildServiceProvider();
using var metrics = ActivatorUtilities.CreateInstance<RequestMetrics>(services, new MetricsStore(services.GetRequiredService<IServiceScopeFactory>()),
    ActivatorUtilities.CreateInstance<CacheCounts>(services), new InstanceName("perf"), TimeProvider.System);

Console.WriteLine("| | ns a request, median of 30 | allocated bytes a request |");
Console.WriteLine("|---|---|---|");
Report("a sample into the queue (on the request)", () => { foreach (var s in samples) metrics.Record(s); }, metrics.AddUp);
Report("adding it up (in the loop)", metrics.AddUp, () => { foreach (var s in samples) metrics.Record(s); });
Report("OpenTelemetry's histogram, labelled by company (on the request)", () =>
{
    foreach (var s in samples) histogram.Record(s.Took.TotalSeconds, new KeyValuePair<string, object?>("company", s.CompanyId));
}, () => { });

var before = GC.GetTotalMemory(forceFullCollection: true);
var minute = new Dictionary<Guid, CompanyFigures>();
foreach (var sample in samples)
{
    if (!minute.TryGetValue(sample.CompanyId, out var figures)) minute[sample.CompanyId] = figures = new();
    figures.Add(sample);
}
Console.WriteLine($"\nMemory of a company with {Requests / Companies} requests to {Endpoints} endpoints in a minute: "
    + $"{(GC.GetTotalMemory(forceFullCollection: true) - before) / minute.Count} bytes; stored: "
    + $"{minute.Values.Average(f => f.Store().Endpoints.Length):0} bytes.");
GC.KeepAlive(minute);

void Report(string what, Action measured, Action between)
{
    var times = new List<double>();
    var allocated = 0L;
    between();
    for (var round = 0; round < Rounds; round++)
    {
        measured();
        between();
        var (bytes, at) = (GC.GetAllocatedBytesForCurrentThread(), Stopwatch.GetTimestamp());
        measured();
        times.Add(Stopwatch.GetElapsedTime(at).TotalNanoseconds / Requests);
        allocated += GC.GetAllocatedBytesForCurrentThread() - bytes;
        between();
    }
    times.Sort();
    Console.WriteLine($"| {what} | {times[Rounds / 2]:0} | {(double)allocated / Rounds / Requests:0.##} |");
}

/// <summary>What is measured is counting, not sending.</summary>
internal sealed class Nowhere : BaseExporter<Metric>
{
    public override ExportResult Export(in Batch<Metric> batch) => ExportResult.Success;
}
