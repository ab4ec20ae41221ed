namespace ScaleHub.AppHost.Servers;

/// <summary>When a write counts as done, the setting <c>--durability</c>; docs/failover.md says what each loses.</summary>
internal enum Durability
{
    /// <summary>When the primary has it on disk. Its loss loses what it had not sent to a standby.</summary>
    Async,

    /// <summary>When the primary and a standby have it on disk.</summary>
    Quorum,
}
