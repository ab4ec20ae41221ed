using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Npgsql;
using NpgsqlTypes;

namespace ScaleHub.Core.Platform.Postgres;

/// <summary>
/// Confines every statement of a <see cref="TenantDbContext"/> to its tenant's company by row-level security.
/// <para>Outside a transaction the company is set in the same round trip, by a first statement whose result is skipped, and for
/// that implicit transaction only. In a transaction it is set once, right after <c>BEGIN</c> (which Npgsql sends along with it).
/// Nothing is left on the pooled connection in either case.</para>
/// <para>After a commit it reads the position in the log, for read-your-writes. When that fails the write stands, and the
/// writer's reads go to the primary instead.</para>
/// </summary>
internal sealed class TenantInterceptor : DbCommandInterceptor, IDbTransactionInterceptor, IDbConnectionInterceptor
{
    private const string SetCompany = "select set_config('app.company_id', @__company, true)";

    // A read context that fell back to the primary still cannot write.
    private const string SetCompanyReadOnly = SetCompany + ", set_config('transaction_read_only', 'on', true)";

    // A transaction whose program vanished without a word (a host that lost power) must not keep its locks until TCP gives up.
    private const string EndWhenIdle = ", set_config('idle_in_transaction_session_timeout', '60s', true)";

    public override async ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(
        DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result, CancellationToken cancellationToken = default)
    {
        if (command.Transaction is not null) return result;
        var context = Prepend(command, eventData.Context);
        return InterceptionResult<DbDataReader>.SuppressWithResult(context.ReadOnly
            ? await WatchedRead.ExecuteAsync(context.Node, command, cancellationToken)
            : await ReadAsync(command, cancellationToken));
    }

    private static async Task<DbDataReader> ReadAsync(DbCommand command, CancellationToken cancellationToken)
    {
        var reader = await command.ExecuteReaderAsync(cancellationToken);
        try
        {
            // Past the result of set_config.
            await reader.NextResultAsync(cancellationToken);
            return reader;
        }
        catch
        {
            await reader.DisposeAsync();
            throw;
        }
    }

    public override async ValueTask<InterceptionResult<object>> ScalarExecutingAsync(
        DbCommand command, CommandEventData eventData, InterceptionResult<object> result, CancellationToken cancellationToken = default)
    {
        if (command.Transaction is not null) return result;
        var context = Prepend(command, eventData.Context);
        await using var reader = context.ReadOnly
            ? await WatchedRead.ExecuteAsync(context.Node, command, cancellationToken)
            : await ReadAsync(command, cancellationToken);
        return InterceptionResult<object>.SuppressWithResult(await reader.ReadAsync(cancellationToken) ? reader.GetValue(0) : null!);
    }

    public override async ValueTask<InterceptionResult<int>> NonQueryExecutingAsync(
        DbCommand command, CommandEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default)
    {
        if (command.Transaction is not null) return result;
        if (Prepend(command, eventData.Context).ReadOnly) throw new InvalidOperationException("ReadDb cannot write; take ScaleHubDb.");
        var rows = await command.ExecuteNonQueryAsync(cancellationToken);
        await NotePositionAsync(eventData.Context);
        return InterceptionResult<int>.SuppressWithResult(rows);
    }

    // With the first query; the context disposes of it.
    public InterceptionResult<DbConnection> ConnectionCreating(
        ConnectionCreatingEventData eventData, InterceptionResult<DbConnection> result)
    {
        var context = Tenanted(eventData.Context);
        var connection = context.Node.DataSource.CreateConnection();
        connection.Notice += (_, e) => UnconfirmedWriteException.Watch(e.Notice, context.Consistency);
        return InterceptionResult<DbConnection>.SuppressWithResult(connection);
    }

    // A read brings its own connection (WatchedRead): the context's stays closed.
    public ValueTask<InterceptionResult> ConnectionOpeningAsync(
        DbConnection connection, ConnectionEventData eventData, InterceptionResult result, CancellationToken cancellationToken = default)
        => ValueTask.FromResult(Tenanted(eventData.Context).ReadOnly ? InterceptionResult.Suppress() : result);

    public ValueTask<InterceptionResult<DbTransaction>> TransactionStartingAsync(
        DbConnection connection, TransactionStartingEventData eventData, InterceptionResult<DbTransaction> result,
        CancellationToken cancellationToken = default)
        => Tenanted(eventData.Context).ReadOnly
            ? throw new InvalidOperationException(
                "ReadDb has no transactions: each query is one. Take ScaleHubDb to read several things at one moment.")
            : ValueTask.FromResult(result);

    public async ValueTask<DbTransaction> TransactionStartedAsync(
        DbConnection connection, TransactionEndEventData eventData, DbTransaction result, CancellationToken cancellationToken = default)
    {
        var context = Tenanted(eventData.Context);
        await using var command = new NpgsqlCommand(Statement(context) + EndWhenIdle, (NpgsqlConnection)connection, (NpgsqlTransaction)result);
        AddCompany(command, context);
        await command.ExecuteNonQueryAsync(cancellationToken);
        context.UnitOfWork.TransactionBegan();
        return result;
    }

    public async ValueTask<InterceptionResult> TransactionCommittingAsync(
        DbTransaction transaction, TransactionEventData eventData, InterceptionResult result, CancellationToken cancellationToken = default)
    {
        var context = Tenanted(eventData.Context);
        if (context.WithCommit is not { } last) return result;
        // For this transaction, and no later one of the context.
        context.WithCommit = null;
        // When the first one fails, the server skips the second, and what follows is a rollback.
        await using var batch = new NpgsqlBatch((NpgsqlConnection)transaction.Connection!, (NpgsqlTransaction)transaction)
        {
            BatchCommands = { last, new NpgsqlBatchCommand("commit") },
        };
        await batch.ExecuteNonQueryAsync(cancellationToken);
        return InterceptionResult.Suppress();
    }

    public Task TransactionCommittedAsync(
        DbTransaction transaction, TransactionEndEventData eventData, CancellationToken cancellationToken = default)
        => NotePositionAsync(eventData.Context);

    // Whether it was committed may not be known; what depends on it must then take it that it was.
    public Task TransactionFailedAsync(
        DbTransaction transaction, TransactionErrorEventData eventData, CancellationToken cancellationToken = default)
        => Tenanted(eventData.Context).UnitOfWork.WriteEndedAsync();

    // The synchronous paths would slip past the statements above; they block a thread besides.
    public override InterceptionResult<DbDataReader> ReaderExecuting(
        DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result) => throw Synchronous();

    public override InterceptionResult<object> ScalarExecuting(
        DbCommand command, CommandEventData eventData, InterceptionResult<object> result) => throw Synchronous();

    public override InterceptionResult<int> NonQueryExecuting(
        DbCommand command, CommandEventData eventData, InterceptionResult<int> result) => throw Synchronous();

    public DbTransaction TransactionStarted(DbConnection connection, TransactionEndEventData eventData, DbTransaction result)
        => throw Synchronous();

    private static NotSupportedException Synchronous() => new("ScaleHub's contexts are asynchronous: call the …Async method.");

    private static async Task NotePositionAsync(DbContext? context)
    {
        var tenanted = Tenanted(context);
        var consistency = tenanted.Consistency;
        if (!consistency.HasNoReader || tenanted.UnitOfWork.HasEffects)
            consistency.Wrote(await ReadPositionAsync((NpgsqlConnection)context!.Database.GetDbConnection()));
        await tenanted.UnitOfWork.WriteEndedAsync();
        if (consistency.Unconfirmed) throw new UnconfirmedWriteException();
    }

    // Not cancellable: the write is done, and its reader must find it.
    private static async Task<NpgsqlLogSequenceNumber?> ReadPositionAsync(NpgsqlConnection connection)
    {
        try
        {
            await using var command = new NpgsqlCommand("select pg_current_wal_flush_lsn()", connection);
            return (NpgsqlLogSequenceNumber)(await command.ExecuteScalarAsync(CancellationToken.None))!;
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException)
        {
            return null;
        }
    }

    private static TenantDbContext Prepend(DbCommand command, DbContext? context)
    {
        var tenanted = Tenanted(context);
        command.CommandText = Statement(tenanted) + ";\n" + command.CommandText;
        AddCompany((NpgsqlCommand)command, tenanted);
        return tenanted;
    }

    private static string Statement(TenantDbContext context) => context.ReadOnly ? SetCompanyReadOnly : SetCompany;

    private static void AddCompany(NpgsqlCommand command, TenantDbContext context)
        => command.Parameters.Add(new NpgsqlParameter<string>("__company", NpgsqlDbType.Text)
        {
            TypedValue = context.Tenant.CompanyId?.ToString() ?? "",
        });

    private static TenantDbContext Tenanted(DbContext? context)
        => context as TenantDbContext ?? throw new InvalidOperationException("Only a TenantDbContext may use this interceptor.");
}
