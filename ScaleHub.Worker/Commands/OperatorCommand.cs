using System.Buffers.Text;
using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Identity;
using Npgsql;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Modules.Identity.Authentication;

namespace ScaleHub.Worker.Commands;

/// <summary>
/// <c>operator</c>: makes an operator of the platform, or gives one a new password and ends the sessions; <c>--remove</c> takes
/// the role away. Runs as the schema's owner, so whoever can do this could do anything anyhow; no endpoint makes operators.
/// <para>The password comes from the environment (<c>SCALEHUB_OPERATOR_PASSWORD</c>), because a command line can be read by
/// others, or is made up and shown once.</para>
/// <para>The instances learn from Redis that sessions end, in under a second. Without the connection string <c>redis</c> the
/// command ends nobody's sessions and says so; when Redis does not answer, the sessions end within 70 seconds.</para>
/// </summary>
internal static class OperatorCommand
{
    private const string PasswordVariable = "SCALEHUB_OPERATOR_PASSWORD";
    private static readonly Guid Platform = Tenant.Platform;

    public static Task<int> RunAsync(string email, bool remove)
        => OwnerHost.RunAsync("operator", AddSessions, async (services, owner, cancellationToken) =>
    {
        if (email.Length > 254 || !new EmailAddressAttribute().IsValid(email))
            throw new CommandException($"'{email}' is no e-mail address.");
        await using var connection = await owner.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var known = await FindAsync(connection, email, cancellationToken);
        if (known is { Company: var company } && company != Platform)
            throw new CommandException($"{email} signs in to a company already; take another address.");
        if (remove)
        {
            if (known is null) throw new CommandException($"There is no operator {email}.");
            await ExecuteAsync(connection, "delete from logins where company_id = $1 and user_id = $2",
                [Platform, known.Value.User], cancellationToken);
            await ExecuteAsync(connection, "update users set deleted_at = now() where company_id = $1 and id = $2",
                [Platform, known.Value.User], cancellationToken);
            await AuditAsync(connection, "user.removed", known.Value.User, cancellationToken);
            var ended = await EndSessionsAsync(connection, services, known.Value.User, cancellationToken);
            await transaction.CommitAsync(CancellationToken.None);
            Console.WriteLine($"{email} is no operator any more.");
            await TellAsync(services, ended);
            return;
        }
        var given = Environment.GetEnvironmentVariable(PasswordVariable);
        if (given is { Length: < 8 or > 128 }) throw new CommandException($"{PasswordVariable} needs 8 to 128 characters.");
        var password = given ?? Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(15));
        var hash = new PasswordHasher<object>().HashPassword(email, password);
        IReadOnlyList<Guid> sessions = [];
        if (known is { User: var user })
        {
            await ExecuteAsync(connection, "update users set password_hash = $3 where company_id = $1 and id = $2",
                [Platform, user, hash], cancellationToken);
            // Whoever came half way with the old one.
            await ExecuteAsync(connection, "update one_time_tokens set used_at = now() where company_id = $1 and user_id = $2 and used_at is null",
                [Platform, user], cancellationToken);
            await AuditAsync(connection, "user.password_reset", user, cancellationToken);
            sessions = await EndSessionsAsync(connection, services, user, cancellationToken);
        }
        else
        {
            var id = Guid.CreateVersion7();
            await ExecuteAsync(connection,
                "insert into users (company_id, id, email, password_hash, role) values ($1, $2, $3, $4, $5)",
                [Platform, id, email, hash, Roles.Operator], cancellationToken);
            await ExecuteAsync(connection, "insert into logins (email, company_id, user_id) values (lower($1), $2, $3)",
                [email, Platform, id], cancellationToken);
            await AuditAsync(connection, "user.created", id, cancellationToken);
        }
        await transaction.CommitAsync(CancellationToken.None);
        Console.WriteLine($"{email} is an operator{(given is null ? $" with the password {password}" : "")}.");
        await TellAsync(services, sessions);
    });

    // In the platform's own log; who ran the command, only the machine knows.
    private static Task AuditAsync(NpgsqlConnection connection, string action, Guid user, CancellationToken cancellationToken)
        => ExecuteAsync(connection, """
            insert into audit_log (company_id, id, actor, kind, action, subject_id)
            values ($1, uuid7_at(now()), 'platform', 'user', $2, $3)
            """, [Platform, action, user], cancellationToken);

    private static async Task<(Guid Company, Guid User)?> FindAsync(NpgsqlConnection connection, string email,
        CancellationToken cancellationToken)
    {
        await using var find = new NpgsqlCommand("select company_id, user_id from logins where email = lower($1)", connection)
        {
            Parameters = { new() { Value = email } },
        };
        await using var reader = await find.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? (reader.GetGuid(0), reader.GetGuid(1)) : null;
    }

    private static void AddSessions(HostApplicationBuilder builder)
    {
        if (string.IsNullOrEmpty(builder.Configuration.GetConnectionString("redis"))) return;
        builder.AddRedis();
        builder.Services.AddSingleton<LiveSessions>();
    }

    // The sessions that end with the transaction. They are announced before, in case the program dies after the commit.
    private static async Task<IReadOnlyList<Guid>> EndSessionsAsync(
        NpgsqlConnection connection, IServiceProvider services, Guid user, CancellationToken cancellationToken)
    {
        await using var end = new NpgsqlCommand("""
            update sessions set revoked_at = now() where company_id = $1 and user_id = $2 and revoked_at is null returning id
            """, connection)
        {
            Parameters = { new() { Value = Platform }, new() { Value = user } },
        };
        var ended = new List<Guid>();
        await using (var reader = await end.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken)) ended.Add(reader.GetGuid(0));
        }
        if (ended.Count == 0) return ended;
        if (services.GetService<LiveSessions>() is not { } live)
        {
            throw new CommandException(
                "Sessions are open, and the API's instances learn from Redis that they end: set ConnectionStrings__redis (or REDIS_URL).");
        }
        await live.InvalidateAsync(Platform, ended);
        return ended;
    }

    private static async Task TellAsync(IServiceProvider services, IReadOnlyList<Guid> ended)
    {
        if (ended.Count == 0) return;
        Console.WriteLine(await services.GetRequiredService<LiveSessions>().InvalidateAsync(Platform, ended)
            ? "All sessions have ended."
            : "Redis does not answer: the sessions end within 70 seconds.");
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, object[] values,
        CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values) command.Parameters.Add(new() { Value = value });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
