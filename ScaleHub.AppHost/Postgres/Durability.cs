namespace ScaleHub.AppHost.Postgres;

/// <summary>When a write counts as done; docs/failover.md says what each loses.</summary>
internal enum Durability
{
    /// <summary>When the primary has it on disk. Its loss loses what it had not sent to a standby.</summary>
    Async,

    /// <summary>When the primary and a standby have it on disk.</summary>
    Quorum,
}

/// <summary>The setting <c>--durability</c>.</summary>
internal static class DurabilityExtensions
{
    /// <summary>Reads the setting; null, and a line on standard error that says why, when it is not valid.</summary>
    public static Durability? ReadDurability(this IDistributedApplicationBuilder builder, int replicas)
    {
        Durability? durability = builder.Configuration["durability"]?.ToLowerInvariant() switch
        {
            null or "async" => Durability.Async,
            "quorum" => Durability.Quorum,
            _ => null,
        };
        var error = durability is null
                ? $"--durability '{builder.Configuration["durability"]}' is not known: use quorum or async."
            : durability == Durability.Quorum && replicas < 1
                ? "--durability quorum needs a standby to confirm writes: use --replicas 1 or more, or --durability async."
            : null;
        if (error is null)
        {
            return durability;
        }
        Console.Error.WriteLine(error);
        return null;
    }
}
