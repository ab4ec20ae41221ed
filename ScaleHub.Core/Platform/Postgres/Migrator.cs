using System.Security.Cryptography;
using Npgsql;

namespace ScaleHub.Core.Platform.Postgres;

/// <summary>
/// Applies migrations (<see cref="Schema.Migrations"/>), in order, each once and in a transaction of its own.
/// <para>Guarantee: two runs at once apply each file once (an advisory lock makes the second wait); a file that fails leaves
/// nothing behind, and those before it stay. A file that was applied must not change: its SHA-256 is kept and compared.</para>
/// </summary>
public sealed class Migrator(NpgsqlDataSource owner, IReadOnlyList<(string Name, string Sql)> migrations)
{
    /// <summary>The role that the programs log in as: it owns nothing and cannot bypass row-level security.</summary>
    public const string AppRole = "scalehub_app";

    // Any number will do, as long as nobody else locks it.
    private const long Lock = 0x5CA1EB0B;

    /// <summary>Brings the schema up to date.</summary>
    /// <param name="appPassword">Password for <see cref="AppRole"/>; null leaves the role to an administrator.</param>
    /// <param name="applied">Called with the name of each file that was applied.</param>
    /// <param name="underLock">Runs last, before the lock is released.</param>
    /// <param name="cancellationToken">Stops between files, or rolls the one under way back.</param>
    /// <exception cref="MigrationException">A file failed, or differs from what was applied.</exception>
    public async Task MigrateAsync(
        string? appPassword, Action<string> applied, Func<NpgsqlConnection, Task> underLock, CancellationToken cancellationToken)
    {
        await using var connection = await owner.OpenConnectionAsync(cancellationToken);
        await ExecuteAsync(connection, $"select pg_advisory_lock({Lock})", cancellationToken);
        await EnsureRoleAsync(connection, appPassword, cancellationToken);
        await ExecuteAsync(connection, """
            create table if not exists schema_migrations (
                name       text        not null primary key,
                sha256     bytea       not null,
                applied_at timestamptz not null default now())
            """, cancellationToken);
        var done = await AppliedAsync(connection, cancellationToken);
        foreach (var (name, sql) in migrations)
        {
            var hash = SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(sql));
            if (!done.TryGetValue(name, out var known))
            {
                await ApplyAsync(connection, name, sql, hash, cancellationToken);
                applied(name);
            }
            else if (!known.AsSpan().SequenceEqual(hash))
                throw new MigrationException(
                    $"{name} was changed after it had been applied. Undo the change and add a new file instead.");
        }
        await underLock(connection);
        // Not in a finally: after a failure the connection may be broken, and the error of unlocking it would hide the real
        // one. The lock ends with the session, so a program that fails and ends gives it back.
        await ExecuteAsync(connection, $"select pg_advisory_unlock({Lock})", CancellationToken.None);
    }

    private static async Task ApplyAsync(NpgsqlConnection connection, string name, string sql, byte[] hash, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        try
        {
            await using var command = new NpgsqlCommand(sql, connection, transaction) { CommandTimeout = 0 };
            await command.ExecuteNonQueryAsync(cancellationToken);
            await using var record = new NpgsqlCommand("insert into schema_migrations (name, sha256) values ($1, $2)", connection, transaction)
            {
                Parameters = { new() { Value = name }, new() { Value = hash } },
            };
            await record.ExecuteNonQueryAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }
        catch (PostgresException e)
        {
            throw new MigrationException(
                $"{name}.sql failed: {e.MessageText} ({e.SqlState}). Nothing of it was applied; correct the file and run again.", e);
        }
    }

    private static async Task EnsureRoleAsync(NpgsqlConnection connection, string? password, CancellationToken cancellationToken)
    {
        await using var find = new NpgsqlCommand("select rolsuper or rolbypassrls from pg_roles where rolname = $1", connection)
        {
            Parameters = { new() { Value = AppRole } },
        };
        var mighty = (bool?)await find.ExecuteScalarAsync(cancellationToken);
        if (mighty is true)
            throw new MigrationException($"The role {AppRole} could bypass row-level security. Run: alter role {AppRole} nosuperuser nobypassrls");
        // Altering names no attribute but the password: the others take a superuser, which a managed server's owner is not.
        if (password is { Length: > 0 })
            await ExecuteAsync(connection, (mighty is null ? "create" : "alter") +
                $" role {AppRole} login password '{ScramVerifier.Create(password)}'", cancellationToken);
        else if (mighty is null)
            throw new MigrationException($"There is no role {AppRole}. Set Postgres__AppPassword to have it created, or create it.");
    }

    private static async Task<Dictionary<string, byte[]>> AppliedAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var done = new Dictionary<string, byte[]>();
        await using var command = new NpgsqlCommand("select name, sha256 from schema_migrations", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken)) done[reader.GetString(0)] = reader.GetFieldValue<byte[]>(1);
        return done;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}

/// <summary>The schema could not be brought up to date; the message says what to do.</summary>
public sealed class MigrationException(string message, Exception? inner = null) : Exception(message, inner);
