using System.Text.Json;

namespace ScaleHub.Core.Platform.Events;

/// <summary>Something that has happened in a company.</summary>
/// <param name="Type">The name of its kind.</param>
/// <param name="SubjectId">The thing that it happened to. Events of one subject are told in their order.</param>
/// <param name="At">When, in UTC.</param>
/// <param name="Data">What is told, as JSON.</param>
public sealed record CompanyEvent(string Type, Guid SubjectId, DateTimeOffset At, string Data);

/// <summary>
/// Who hears of events, in the unit of work in which they happen. A module implements it, so that those whose events they are
/// need not know that module.
/// </summary>
public interface IEventListener
{
    /// <summary>Whether anybody in the company wants events of that kind. True when that cannot be known now.</summary>
    ValueTask<bool> WantsAsync(string type);

    /// <summary>Takes an event over, to be saved with the next <c>SaveChanges</c> of the scope.</summary>
    void Enqueue(CompanyEvent happened);
}

/// <summary>
/// Where modules say what has happened: <c>await events.AddAsync(TaskEvents.Created, task.Id, response)</c> before their
/// <c>SaveChanges</c>.
/// <para>Guarantee: an event is told if and only if the change is committed, since it is a row of the same transaction. When
/// nobody in the company listens, nothing is written.</para>
/// </summary>
public sealed class EventOutbox(IEnumerable<IEventListener> listeners, TimeProvider time)
{
    /// <summary>Adds an event with the next <c>SaveChanges</c> of the same scope.</summary>
    /// <param name="type">Its kind.</param>
    /// <param name="subjectId">The thing that it happened to. Lock its row before, if events of it must keep their order.</param>
    /// <param name="data">What is told; it goes to servers of the company's choice.</param>
    public async ValueTask AddAsync<T>(EventType<T> type, Guid subjectId, T data)
    {
        foreach (var listener in listeners)
            if (await listener.WantsAsync(type.Name))
                listener.Enqueue(new(type.Name, subjectId, time.GetDatabaseNow(), JsonSerializer.Serialize(data, EventType.Json)));
    }
}
