using System.ComponentModel.DataAnnotations;

namespace ScaleHub.Core.Platform.Jobs;

/// <summary>Section <c>Jobs</c>, for workers.</summary>
public sealed class JobsOptions : IValidatableObject
{
    /// <summary>Configuration section.</summary>
    public const string Section = "Jobs";

    /// <summary>
    /// Jobs that a worker runs at a time. Each may hold a connection to the primary, and the worker needs four for itself: with a
    /// smaller pool (<c>DB_POOL_MAX</c>, 20 by default) it runs as many jobs as that leaves connections for. Default 12.
    /// </summary>
    [Range(1, 500)] public int Slots { get; set; } = 12;

    /// <summary>
    /// Of the slots, those that a company gets only while none of its jobs runs on this worker: however many jobs a company has
    /// and however long they take, they leave these to others. Default 2.
    /// </summary>
    [Range(0, 499)] public int ReservedSlots { get; set; } = 2;

    /// <summary>
    /// Length of a lease in seconds. A worker renews the leases of its jobs three times in that time. When a worker is killed, another
    /// one takes its jobs over after at most this time and one second more. Default 30.
    /// </summary>
    [Range(1, 3600)] public int LeaseSeconds { get; set; } = 30;

    /// <summary>Milliseconds after which a worker looks for jobs that it was not told of. Default 1000.</summary>
    [Range(10, 60_000)] public int PollMs { get; set; } = 1000;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (ReservedSlots >= Slots)
            yield return new($"{Section}__ReservedSlots must be less than {Section}__Slots, which is {Slots}; it is {ReservedSlots}.",
                [nameof(ReservedSlots)]);
    }
}
