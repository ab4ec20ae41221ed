using System.Buffers.Text;
using System.Text.Json;

namespace ScaleHub.Perf.Cache;

/// <summary>One instance of the product's cache: a service provider of its own, with connections of its own.</summary>
internal abstract class Instance : IAsyncDisposable
{
    /// <summary>A lookup as a request does it: the bytes of a key of a company, loaded if they are not kept.</summary>
    public abstract Task<byte[]> GetAsync(Guid company, string key, Func<Task<byte[]>> load, TimeSpan? life = null);

    /// <summary>The same inside one unit of work, with everything prepared that a caller can prepare.</summary>
    public abstract Func<ValueTask<byte[]>> Prepare(Guid company, string key, Func<Task<byte[]>> load);

    /// <summary>The same for an object.</summary>
    public abstract Func<ValueTask<TaskPage>> PrepareTyped(Guid company, string key, Func<Task<TaskPage>> load);

    public abstract Task RemoveKeyAsync(Guid company, string key);

    /// <summary>Invalidates the tag <c>tasks</c> of a company.</summary>
    public abstract Task RemoveTagAsync(Guid company);

    public abstract Task RemoveCompanyAsync(Guid company);

    /// <summary>What a writer does about the tag <c>tasks</c> before it commits.</summary>
    public abstract Task BeforeCommitAsync(Guid company);

    /// <summary>A lookup by someone who must see what was written at a WAL position; null where there is no such thing.</summary>
    public abstract Task<byte[]>? GetAfterWriteAsync(Guid company, string key, Func<Task<byte[]>> load);

    /// <summary>Whether this process itself keeps the key.</summary>
    public abstract Task<bool> HasInMemoryAsync(Guid company, string key);

    public abstract ValueTask DisposeAsync();
}

/// <summary>A cache that takes part.</summary>
/// <param name="Name">Its heading.</param>
/// <param name="StartAsync">Starts an instance over the Redis at an address.</param>
internal sealed record Contender(string Name, Func<string, Task<Instance>> StartAsync)
{
    public static readonly Contender[] All =
    [
        new("ours", OursInstance.StartAsync),
        new("Fusion guide", redis => FusionInstance.StartAsync(redis, tuned: false)),
        new("Fusion tuned", redis => FusionInstance.StartAsync(redis, tuned: true)),
    ];
}

/// <summary>What is cached: a page of tasks as the API answers it, with a number that tells versions apart.</summary>
internal sealed record TaskPage(int Version, IReadOnlyList<TaskRow> Items)
{
    /// <summary>20 tasks, about 4 KB of JSON.</summary>
    public static TaskPage Make(int version) => new(version, [.. Enumerable.Range(0, 20).Select(i => new TaskRow(
        Guid.NewGuid(), $"Call the patient about the result of examination {i}", "in_progress", DateTimeOffset.UnixEpoch.AddDays(i),
        Guid.NewGuid(), DateTimeOffset.UnixEpoch.AddHours(i)))]);

    public static byte[] MakeBytes(int version) => JsonSerializer.SerializeToUtf8Bytes(Make(version), JsonSerializerOptions.Web);

    /// <summary>The version in the bytes, without parsing the rest.</summary>
    public static int VersionOf(byte[] json)
        => Utf8Parser.TryParse(json.AsSpan("{\"version\":".Length), out int version, out _)
            ? version : throw new InvalidOperationException("A cached value is not what was cached.");
}

/// <summary>A task in a list.</summary>
internal sealed record TaskRow(
    Guid Id, string Title, string Status, DateTimeOffset DueAt, Guid AssigneeId, DateTimeOffset CreatedAt);
