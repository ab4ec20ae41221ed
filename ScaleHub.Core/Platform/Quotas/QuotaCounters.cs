using Npgsql;
using ScaleHub.Core.Platform.Caching;
using ScaleHub.Core.Platform.Postgres;

namespace ScaleHub.Core.Platform.Quotas;

/// <summary>
/// Counts what a company has against what its plan allows, in the transaction that creates or deletes it.
/// <para>Guarantee: concurrent requests never exceed the limit, and no request is refused while there is room: the
/// counter's row is locked from <see cref="TakeQuotaAsync"/> to the end of the transaction, and its change commits or goes with
/// that of the rows. A crash at any point leaves both as they were.</para>
/// <para>Deadlocks: the counter comes first, then the rows; a transaction that takes several takes them in alphabetical order.
/// Creations of one kind in one company therefore wait for each other, and for nobody else.</para>
/// <para>One round trip. When the database does not answer, nothing is created, so no company exceeds its quota.</para>
/// </summary>
public static class QuotaCounters
{
    /// <summary>Makes room for a row that is about to be added.</summary>
    /// <param name="db">With a transaction open (<c>WithIdempotency</c> or <c>InTransaction</c> at the route).</param>
    /// <param name="cache">Of the same unit of work: has the status, which changes.</param>
    /// <param name="quota">What it counts as.</param>
    /// <param name="id">The row's UUIDv7, whose time says which month it counts in.</param>
    /// <param name="cancellationToken">Ends the wait for others who create the same.</param>
    /// <exception cref="QuotaExceededException">403: there is no room. The counter is as it was.</exception>
    public static async Task TakeQuotaAsync(
        this TenantDbContext db, CompanyCache cache, Quota quota, Guid id, CancellationToken cancellationToken)
    {
        await cache.WillChangeAsync(QuotaStatus.Cached);
        await using var command = Change(db, quota, id, +1);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        if (reader.GetBoolean(0)) return;
        throw new QuotaExceededException(quota.Resource, plan: reader.GetString(1), limit: reader.GetInt64(2),
            used: reader.GetInt64(3),
            upgradeTo: reader.IsDBNull(4) ? null : reader.GetString(4), resetsAt: quota.ResetsAt(id));
    }

    /// <summary>
    /// Gives the place of a row back that is about to be deleted; the transaction must end without effect if it is not there.
    /// </summary>
    /// <param name="db">With a transaction open.</param>
    /// <param name="cache">Of the same unit of work.</param>
    /// <param name="quota">What it was counted as.</param>
    /// <param name="id">The row's UUIDv7.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task GiveBackQuotaAsync(
        this TenantDbContext db, CompanyCache cache, Quota quota, Guid id, CancellationToken cancellationToken)
    {
        await cache.WillChangeAsync(QuotaStatus.Cached);
        await using var command = Change(db, quota, id, -1);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>
    /// How much is used, with all counters locked until the transaction ends: for a change to a smaller plan, which must see that
    /// everything fits and let nobody in between. Call it before the plan is changed.
    /// </summary>
    public static async Task<IReadOnlyDictionary<string, long>> LockQuotasAsync(
        this TenantDbContext db, DateTimeOffset now, CancellationToken cancellationToken)
    {
        // The function is called once for each row, in their order.
        await using var command = Command(db, """
            select r.resource, q.used
            from (select resource, case when monthly then $2 else 0 end as period from quotas order by resource) r,
                 lateral change_quota($1, r.resource, r.period, 0) q
            """);
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = Quota.Month(now) });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var used = new Dictionary<string, long>();
        while (await reader.ReadAsync(cancellationToken)) used[reader.GetString(0)] = reader.GetInt64(1);
        return used;
    }

    private static NpgsqlCommand Change(TenantDbContext db, Quota quota, Guid id, int delta)
    {
        var command = Command(db, "select granted, company_plan, quota, used, upgrade_to from change_quota($1, $2, $3, $4)");
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = quota.Resource });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = quota.Period(id) });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = delta });
        return command;
    }

    private static NpgsqlCommand Command(TenantDbContext db, string sql)
    {
        if (db.Database.CurrentTransaction is null)
            throw new InvalidOperationException("A quota is counted in the transaction that changes the rows; there is none. " +
                "Add WithIdempotency() (POST) or InTransaction() to the route.");
        return new(sql, db.TransactionConnection)
        {
            Parameters = { new NpgsqlParameter<Guid> { TypedValue = db.Tenant.RequiredCompanyId } },
        };
    }
}
