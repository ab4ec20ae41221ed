using Microsoft.Extensions.Caching.Hybrid;
using ScaleHub.Core.Platform.Postgres;

namespace ScaleHub.Core.Platform.Caching;

/// <summary>A lookup.</summary>
/// <param name="Key">Of which entry.</param>
/// <param name="Tags">What invalidates it, besides its key and its company.</param>
/// <param name="Expiration">How long a value is current.</param>
/// <param name="StaleFor">How much longer it may be served when the load fails.</param>
/// <param name="LocalExpiration">How long this process keeps it at most.</param>
/// <param name="Flags">What to leave out.</param>
internal sealed record CacheLookup(
    EntryKey Key, string[] Tags, TimeSpan Expiration, TimeSpan StaleFor, TimeSpan LocalExpiration, HybridCacheEntryFlags Flags)
{
    /// <summary>The names of the versions that it stands under; not needed for a hit.</summary>
    public string[] Names => field ??= CacheVersions.Names(Key.Key, Tags);

    /// <summary>The key as a part of a key in Redis; not needed for a hit.</summary>
    public string Text => field ??= CacheVersions.Text(Key.Key);
}

/// <summary>An answer.</summary>
/// <param name="Entry">The entry.</param>
/// <param name="Outcome">How it was found.</param>
/// <param name="From">The database node that was read, if one was.</param>
internal readonly record struct CacheAnswer(CacheEntry Entry, CacheOutcome Outcome, PostgresNode? From = null);
