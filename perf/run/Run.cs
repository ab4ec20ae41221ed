using ScaleHub.Perf.Run.Servers;

namespace ScaleHub.Perf.Run;

/// <summary>What the rows of one run share: how long they may take, and the servers.</summary>
internal sealed class Run(bool quick) : IAsyncDisposable
{
    private Site? _site;

    /// <summary>Whether the whole run is to end in about three minutes; otherwise in about twenty.</summary>
    public bool IsQuick => quick;

    /// <summary>The servers, started when the first row needs them.</summary>
    public async Task<Site> SiteAsync() => _site ??= await Site.StartAsync();

    /// <summary>The shorter time of a quick run, or the longer one.</summary>
    public TimeSpan Seconds(double inQuick, double inFull) => TimeSpan.FromSeconds(quick ? inQuick : inFull);

    /// <summary>The smaller number of a quick run, or the larger one.</summary>
    public int Count(int inQuick, int inFull) => quick ? inQuick : inFull;

    /// <summary>Says what a row does now.</summary>
    public static void Say(string what) => Console.WriteLine($"    {what}");

    public async ValueTask DisposeAsync()
    {
        if (_site is not null) await _site.DisposeAsync();
    }
}
