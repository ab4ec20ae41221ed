using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace ScaleHub.Core.Platform.Caching;

/// <summary>
/// The entries that this process keeps.
/// <para>Guarantee: never more than <paramref name="maxBytes"/>, counted with keys and bookkeeping. When there is no room, the
/// company that has the most bytes gives way, so that no company pushes out the others; within it the entry that was not used
/// since the hand last passed it (SIEVE, Zhang et al., NSDI 2024). Reads take no lock.</para>
/// </summary>
/// <param name="maxBytes">The bound, in bytes.</param>
internal sealed class LocalStore(long maxBytes)
{
    // Of an entry without its key and value: the objects and their places in the map and the queue. Measured, rounded up.
    private const int Overhead = 512;

    private readonly ConcurrentDictionary<EntryKey, Node> _nodes = new();
    private readonly Dictionary<Guid, Share> _shares = [];
    private readonly SortedSet<Share> _bySize = new(Comparer<Share>.Create(
        (a, b) => a.Bytes != b.Bytes ? a.Bytes.CompareTo(b.Bytes) : b.Number.CompareTo(a.Number)));
    private readonly Lock _gate = new();
    private long _bytes, _shareCount;

    /// <summary>Bytes that are kept now.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>Entries that are kept now.</summary>
    public int Count => _nodes.Count;

    /// <summary>Finds an entry, current or not.</summary>
    public bool TryGet(EntryKey key, [NotNullWhen(true)] out CacheEntry? entry)
    {
        entry = null;
        if (!_nodes.TryGetValue(key, out var node)) return false;
        if (!node.Used) node.Used = true;
        entry = node.Entry;
        return true;
    }

    /// <summary>Keeps an entry, in place of the one that was there.</summary>
    public void Set(EntryKey key, CacheEntry entry)
    {
        var size = Overhead + (2 * key.Key.Length) + entry.Value.Json.Length + (2 * (entry.Value.Note?.Length ?? 0));
        lock (_gate)
        {
            if (_nodes.TryGetValue(key, out var there)) Drop(there);
            if (size > maxBytes) return;
            while (_bytes + size > maxBytes) Drop(_bySize.Max!.Next());
            if (!_shares.TryGetValue(key.Company, out var share))
                _shares.Add(key.Company, share = new(++_shareCount));
            var node = new Node(key, entry, size, share);
            _bySize.Remove(share);
            share.Add(node);
            _bySize.Add(share);
            _nodes[key] = node;
            Volatile.Write(ref _bytes, _bytes + size);
        }
    }

    /// <summary>Forgets an entry.</summary>
    public void Remove(EntryKey key)
    {
        if (!_nodes.ContainsKey(key)) return;
        lock (_gate)
        {
            if (_nodes.TryGetValue(key, out var node)) Drop(node);
        }
    }

    /// <summary>Forgets what may not even be served when a load fails, so that it does not count against its company.</summary>
    public void RemoveDead(long now)
    {
        foreach (var (key, node) in _nodes)
            if (node.Entry.StaleUntil < now) Remove(key);
    }

    private void Drop(Node node)
    {
        _nodes.TryRemove(node.Key, out _);
        _bySize.Remove(node.Share);
        node.Share.Remove(node);
        if (node.Share.Bytes > 0) _bySize.Add(node.Share);
        else _shares.Remove(node.Key.Company);
        Volatile.Write(ref _bytes, _bytes - node.Size);
    }

    private sealed class Node(EntryKey key, CacheEntry entry, int size, Share share)
    {
        public readonly EntryKey Key = key;
        public readonly CacheEntry Entry = entry;
        public readonly int Size = size;
        public readonly Share Share = share;
        public volatile bool Used;
        public Node? Newer, Older;
    }

    /// <summary>A company's entries, in the order in which they came.</summary>
    private sealed class Share(long number)
    {
        private Node? _newest, _oldest, _hand;

        public readonly long Number = number;

        public long Bytes { get; private set; }

        public void Add(Node node)
        {
            node.Older = _newest;
            if (_newest is not null) _newest.Newer = node;
            _newest = node;
            _oldest ??= node;
            Bytes += node.Size;
        }

        public void Remove(Node node)
        {
            if (_hand == node) _hand = node.Newer;
            if (node.Newer is not null) node.Newer.Older = node.Older;
            else _newest = node.Older;
            if (node.Older is not null) node.Older.Newer = node.Newer;
            else _oldest = node.Newer;
            (node.Newer, node.Older) = (null, null);
            Bytes -= node.Size;
        }

        /// <summary>The entry to give up.</summary>
        public Node Next()
        {
            var node = _hand ?? _oldest!;
            while (node.Used)
            {
                node.Used = false;
                node = node.Newer ?? _oldest!;
            }
            _hand = node;
            return node;
        }
    }
}
