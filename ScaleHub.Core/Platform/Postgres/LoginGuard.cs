using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace ScaleHub.Core.Platform.Postgres;

/// <summary>
/// Row-level security does not hold for a superuser, for a role with BYPASSRLS, nor for the owner of a table (PostgreSQL 17
/// documentation, 5.9): a program that logs in as one of them would serve every company's rows to everybody.
/// <para>Guarantee: no pool hands out a connection of such a login. The first connection to each node asks the server
/// (<see cref="Watch"/>), later ones cost nothing. A node that answers when the program starts is asked then, and a wrong login
/// ends the start. A node that is away does not prevent the start; when it answers later and its login is wrong, the program
/// stops with exit code 1.</para>
/// </summary>
internal sealed class LoginGuard(PostgresNodes nodes, IHostApplicationLifetime lifetime, ILogger<LoginGuard> logger)
    : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    // Longer than the monitor's: a server that is only slow must not let a wrong login pass the start.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    // row_security_active is what PostgreSQL itself decides by; the other three columns only say why.
    private const string Ask = """
        select current_user::text, r.rolsuper, r.rolbypassrls,
            exists (select from pg_class c where c.relnamespace = to_regnamespace('public') and c.relkind in ('r', 'p')
                and c.relrowsecurity and not row_security_active(c.oid))
        from pg_roles r where r.rolname = current_user
        """;

    /// <summary>Asks all nodes at once, and waits at most three seconds for those that do not answer.</summary>
    /// <exception cref="OptionsValidationException">A login is not confined by row-level security.</exception>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        if (await FindFaultAsync(nodes.All, cancellationToken) is { } fault)
            throw new OptionsValidationException("ConnectionStrings", typeof(PostgresOptions), [fault]);
        await base.StartAsync(cancellationToken);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval);
        try
        {
            while (nodes.All.Any(n => !n.LoginChecked) && await timer.WaitForNextTickAsync(stoppingToken))
            {
                var asked = nodes.All.Where(n => n.Answers && !n.LoginChecked);
                if (await FindFaultAsync(asked, stoppingToken) is not { } fault) continue;
                logger.LogCritical("{Fault} The program stops", fault);
                Environment.ExitCode = 1;
                lifetime.StopApplication();
                return;
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host is stopping.
        }
    }

    /// <summary>Lets a pool's connections be used only once the server has said that their login is confined.</summary>
    internal static void Watch(NpgsqlDataSourceBuilder builder, string key, Func<PostgresNode> node)
        => builder.UsePhysicalConnectionInitializer(
            connection =>
            {
                if (node().LoginChecked) return;
                using var command = new NpgsqlCommand(Ask, connection);
                using var reader = command.ExecuteReader();
                reader.Read();
                Judge(reader, key, node());
            },
            async connection =>
            {
                if (node().LoginChecked) return;
                await using var command = new NpgsqlCommand(Ask, connection);
                await using var reader = await command.ExecuteReaderAsync();
                await reader.ReadAsync();
                Judge(reader, key, node());
            });

    private static void Judge(NpgsqlDataReader reader, string key, PostgresNode node)
    {
        var login = reader.GetString(0);
        var why = reader.GetBoolean(1) ? "is a superuser"
            : reader.GetBoolean(2) ? "has BYPASSRLS"
            : reader.GetBoolean(3) ? "owns the tables"
            : null;
        if (why is not null)
            throw new UnconfinedLoginException(
                $"The login '{login}' of ConnectionStrings__{key} {why}, so row-level security would not confine it to one "
                + $"company: set ConnectionStrings__{key} (or its alias DATABASE_URL or DATABASE_READ_REPLICAS) to the role "
                + $"{Migrator.AppRole}, which 'ScaleHub.Worker migrate' creates.");
        node.LoginChecked = true;
    }

    private async Task<string?> FindFaultAsync(IEnumerable<PostgresNode> asked, CancellationToken cancellationToken)
        => (await Task.WhenAll(asked.Select(n => FaultOfAsync(n, cancellationToken)))).FirstOrDefault(fault => fault is not null);

    private async Task<string?> FaultOfAsync(PostgresNode node, CancellationToken cancellationToken)
    {
        try
        {
            // The wait is bounded, not the asking, as in NodeProbe.
            await OpenAsync(node).WaitAsync(Patience, cancellationToken);
        }
        catch (UnconfinedLoginException e)
        {
            return e.Message;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            // The next round asks again; until then no connection to the node is used unasked.
            logger.LogDebug(e, "The login at {Node} could not be checked", node.Name);
        }
        return null;
    }

    private static async Task OpenAsync(PostgresNode node)
    {
        await using var connection = await node.DataSource.OpenConnectionAsync(CancellationToken.None);
    }
}

/// <summary>The login of a connection string is not confined by row-level security; the message says what to set.</summary>
public sealed class UnconfinedLoginException(string message) : NoNodeException(message);
