using System.Buffers.Binary;
using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using ScaleHub.Core.Platform.Postgres;

namespace ScaleHub.Core.Platform.Idempotency;

/// <summary>What makes two requests the same attempt.</summary>
/// <param name="RequestKey">SHA-256 of company, user, method, route and key.</param>
/// <param name="BodyHash">Keyed hash of query and body, 32 bytes.</param>
public sealed record RequestIdentity(byte[] RequestKey, byte[] BodyHash);

/// <summary>An answer that was given.</summary>
/// <param name="Status">Below 400.</param>
/// <param name="Headers">Those that are kept.</param>
/// <param name="Body">Null when it was too large to keep.</param>
public sealed record RecordedAnswer(int Status, IReadOnlyDictionary<string, string> Headers, byte[]? Body);

/// <summary>What came of a claim.</summary>
public enum ClaimOutcome
{
    /// <summary>The caller does the work, and records it in the same transaction.</summary>
    Claimed,

    /// <summary>Somebody else is doing the work now.</summary>
    InFlight,

    /// <summary>The work is done; here is its answer.</summary>
    Recorded,

    /// <summary>The key was used for a request with another body.</summary>
    OtherBody,
}

/// <summary>
/// The store behind <c>Idempotency-Key</c>: rows of <c>idempotency_keys</c>, written in the transaction of the work.
/// <para>Guarantee: of any number of requests with one identity, over all instances, at most one commits in 24 hours. A claim
/// is an advisory lock of its transaction: it ends with the transaction, so a crash leaves nothing that a retry would have to
/// wait for. Who finds neither the lock free nor a record is told so at once; nobody waits.</para>
/// </summary>
public static class IdempotencyRecords
{
    /// <summary>Largest body that is kept, in bytes.</summary>
    public const int MaxBody = 64 * 1024;

    // The lock must be tried before the look, and by a statement of its own: under READ COMMITTED each statement has its own
    // snapshot, and one taken before the lock could miss what its last holder committed. A batch keeps it at one round trip.
    private const string Lock = "select pg_try_advisory_xact_lock($1)";

    private const string Find = """
        select body_hash = $3, status, headers, body from idempotency_keys
        where company_id = $1 and request_key = $2 and day >= (now() at time zone 'utc')::date - 1
            and created_at > now() - interval '24 hours'
        """;

    private const string Insert = """
        insert into idempotency_keys (company_id, request_key, body_hash, status, headers, body) values ($1, $2, $3, $4, $5, $6)
        """;

    /// <summary>Tries to take the key for the open transaction.</summary>
    public static async Task<(ClaimOutcome Outcome, RecordedAnswer? Answer)> ClaimAsync(
        this TenantDbContext db, RequestIdentity request, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(db.TransactionConnection)
        {
            BatchCommands =
            {
                new(Lock) { Parameters = { new NpgsqlParameter<long> { TypedValue = LockOf(request) } } },
                new(Find) { Parameters = { Company(db), Bytes(request.RequestKey), Bytes(request.BodyHash) } },
            },
        };
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var locked = reader.GetBoolean(0);
        await reader.NextResultAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken)) return (locked ? ClaimOutcome.Claimed : ClaimOutcome.InFlight, null);
        if (!reader.GetBoolean(0)) return (ClaimOutcome.OtherBody, null);
        var headers = JsonSerializer.Deserialize<Dictionary<string, string>>(reader.GetString(2))!;
        var body = reader.IsDBNull(3) ? null : reader.GetFieldValue<byte[]>(3);
        return (ClaimOutcome.Recorded, new(reader.GetInt32(1), headers, body));
    }

    /// <summary>Records the answer; the caller commits. A body over <see cref="MaxBody"/> is left out.</summary>
    public static async Task RecordAsync(
        this TenantDbContext db, RequestIdentity request, RecordedAnswer answer, CancellationToken cancellationToken)
    {
        await using var insert = new NpgsqlCommand(Insert, db.TransactionConnection)
        {
            Parameters =
            {
                Company(db), Bytes(request.RequestKey), Bytes(request.BodyHash),
                new NpgsqlParameter<int> { TypedValue = answer.Status },
                new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Jsonb, Value = JsonSerializer.Serialize(answer.Headers) },
                new NpgsqlParameter
                {
                    NpgsqlDbType = NpgsqlDbType.Bytea,
                    Value = answer.Body is { Length: <= MaxBody } body ? body : DBNull.Value,
                },
            },
        };
        await insert.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>
    /// Makes the commit of a replay wait for the standbys, as that of the work did. The work may have been committed without its
    /// client, or the standby, hearing of it; the replay is the first to promise it.
    /// </summary>
    public static async Task ConfirmAsync(this TenantDbContext db, CancellationToken cancellationToken)
    {
        await using var emit = new NpgsqlCommand("select pg_logical_emit_message(true, 'idempotency', '')",
            db.TransactionConnection);
        await emit.ExecuteNonQueryAsync(cancellationToken);
    }

    private static long LockOf(RequestIdentity request) => BinaryPrimitives.ReadInt64BigEndian(request.RequestKey);

    private static NpgsqlParameter<Guid> Company(TenantDbContext db) => new() { TypedValue = db.Tenant.RequiredCompanyId };

    private static NpgsqlParameter<byte[]> Bytes(byte[] value) => new() { TypedValue = value };
}
