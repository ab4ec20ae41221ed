using ScaleHub.Perf.Cache;

// This product's cache engine against FusionCache: dotnet run -c Release --project perf/cache [-- --quick] [faults|benchmarks]
// Three instances are three service providers in this process, each with connections of its own, over a redis-server of its own.
if (args is ["child", var what, var who, var redis, var company])
{
    await Child.RunAsync(what, who, redis, Guid.Parse(company));
    return;
}
ThreadPool.SetMinThreads(32, 32);
var quick = args.Contains("--quick");
if (!args.Contains("faults")) await new Benchmarks(quick).RunAsync();
if (!args.Contains("benchmarks")) await Report.FaultsAsync(quick);
