using Npgsql;
using ScaleHub.Core.Platform.Consistency;

namespace ScaleHub.Core.Platform.Postgres;

/// <summary>
/// A write was committed on the primary, but no standby confirmed it in time: it is lost if the primary is.
/// <para>PostgreSQL reports such a commit as a success, with a warning, when the wait for the standby is cancelled (PostgreSQL 15
/// documentation, 27.2.8.3). Whoever asked for <c>Durability=quorum</c> must not be told so: only what is on two machines counts
/// as written.</para>
/// </summary>
public sealed class UnconfirmedWriteException() : Exception("No standby confirmed the write in time.")
{
    /// <summary>Notes the warning. It is known by the server's routine, as its text may be in any language.</summary>
    internal static void Watch(PostgresNotice notice, ReadConsistency consistency)
    {
        if (notice is { InvariantSeverity: "WARNING", Routine: "SyncRepWaitForLSN" }) consistency.Unconfirmed = true;
    }
}
