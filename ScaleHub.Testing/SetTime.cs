namespace ScaleHub.Testing;

/// <summary>A clock that a test sets; timers go by the real one.</summary>
public sealed class SetTime(DateTimeOffset now) : TimeProvider
{
    public DateTimeOffset Now { get; set; } = now;

    public override DateTimeOffset GetUtcNow() => Now;
}
