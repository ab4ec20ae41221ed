using Microsoft.Extensions.Options;
using ScaleHub.Core.Platform.Redis;

namespace ScaleHub.Core.Platform.Caching;

/// <summary>How this process's cache stands.</summary>
public sealed class CacheState
{
    private readonly LocalStore _local;
    private readonly Broadcast _broadcast;
    private readonly CacheCounts _counts;
    private readonly IOptions<CacheOptions> _options;

    internal CacheState(LocalStore local, Broadcast broadcast, CacheCounts counts, IOptions<CacheOptions> options)
        => (_local, _broadcast, _counts, _options) = (local, broadcast, counts, options);

    /// <summary>Entries in this process.</summary>
    public int Entries => _local.Count;

    /// <summary>Bytes in this process.</summary>
    public long Bytes => _local.Bytes;

    /// <summary>The most that there can be.</summary>
    public long MaxBytes => _options.Value.LocalBytes;

    /// <summary>Whether changes are heard as they happen.</summary>
    public bool Hears => _broadcast.IsLive;

    /// <summary>Lookups of all companies since the start.</summary>
    public CacheStatistics Total => _counts.Total;

    /// <summary>Lookups of a company; <see cref="Guid.Empty"/> for what everybody shares.</summary>
    public CacheStatistics Of(Guid company) => _counts.Of(company);
}
