using System.Text.Json;
using ScaleHub.Core.Platform.Jobs;

namespace ScaleHub.Core.Platform.Events;

/// <summary>
/// A kind of event, of which a company may hear. Each module lists its own; docs/webhooks.md shows how to add one.
/// </summary>
/// <param name="Name">
/// <c>thing.happened</c>, at most 100 characters of a to z, underscore and one full stop. It never changes.
/// </param>
/// <param name="Summary">When it happens, in one sentence.</param>
public abstract record EventType(string Name, string Summary)
{
    // As clients get the same thing from the API: camelCase, enums by their names.
    internal static readonly JsonSerializerOptions Json = JobQueue.Json;

    /// <summary>What the event's data look like.</summary>
    public abstract JsonElement Example { get; }
}

/// <summary>A kind of event with its data: what is sent has the type of the example, so the catalogue cannot go out of
/// date.</summary>
/// <param name="Name"><inheritdoc/></param>
/// <param name="Summary"><inheritdoc/></param>
/// <param name="Data">An example of what is told.</param>
/// <typeparam name="T">What is told.</typeparam>
public sealed record EventType<T>(string Name, string Summary, T Data) : EventType(Name, Summary)
{
    /// <inheritdoc/>
    public override JsonElement Example => JsonSerializer.SerializeToElement(Data, Json);
}

/// <summary>All kinds of events.</summary>
/// <param name="types">Those of every module.</param>
/// <exception cref="ArgumentException">Two have one name.</exception>
public sealed class EventCatalogue(IEnumerable<EventType> types)
{
    private readonly Dictionary<string, EventType> _types = types.ToDictionary(t => t.Name, StringComparer.Ordinal);

    /// <summary>The kinds, in the order of their names.</summary>
    public IEnumerable<EventType> Types => _types.Values.OrderBy(t => t.Name, StringComparer.Ordinal);

    /// <summary>Whether there is a kind of that name.</summary>
    public bool Has(string name) => _types.ContainsKey(name);
}
