using System.Diagnostics;
using Npgsql;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.ServiceDefaults;
using ScaleHub.ServiceDefaults.Configuration;

namespace ScaleHub.Worker.Commands;

/// <summary>
/// A host for commands that run to their end as the schema's owner: settings, telemetry, Ctrl+C, and one connection string.
/// </summary>
internal static class OwnerHost
{
    private static readonly ActivitySource Traces = new("ScaleHub.Worker");

    /// <summary>Longest wait for a server that is still starting.</summary>
    private static readonly TimeSpan ServerPatience = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Runs a command against the database. What may go wrong outside the program ends in one line on standard error and exit
    /// code 1.
    /// </summary>
    /// <param name="name">What traces call it.</param>
    /// <param name="configure">Adds what the command needs.</param>
    /// <param name="command">Gets the host's services and the owner's data source; its token is cancelled by Ctrl+C.</param>
    public static async Task<int> RunAsync(
        string name,
        Action<HostApplicationBuilder> configure,
        Func<IServiceProvider, NpgsqlDataSource, CancellationToken, Task> command)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.AddServiceDefaults();
        builder.Services.Configure<ConsoleLifetimeOptions>(options => options.SuppressStatusMessages = true);
        configure(builder);
        using var host = builder.Build();
        await using var owner = Connect(builder.Configuration);
        await host.StartAsync();
        var stopping = host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        try
        {
            await WaitForServerAsync(owner, stopping);
            await CheckOwnerAsync(owner, name, stopping);
            using var span = Traces.StartActivity(name);
            await command(host.Services, owner, stopping);
            return 0;
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync("Stopped before the end; run it again.");
            return 1;
        }
        catch (Exception e) when (Explain(e) is { } line)
        {
            await Console.Error.WriteLineAsync(line);
            return 1;
        }
        finally
        {
            await host.StopAsync(CancellationToken.None);
        }
    }

    private static NpgsqlDataSource Connect(IConfiguration configuration)
    {
        var text = configuration.GetConnectionString(PostgresNodes.PrimaryName);
        if (string.IsNullOrEmpty(text))
            throw new ConfigurationException(
                $"No connection string '{PostgresNodes.PrimaryName}'. Set ConnectionStrings__{PostgresNodes.PrimaryName} " +
                "to that of the schema's owner.");
        try
        {
            var settings = new NpgsqlConnectionStringBuilder(PostgresUrl.ToConnectionString(text))
            {
                Timeout = 2,
                CommandTimeout = 0,
            };
            settings.ApplicationName ??= AppDomain.CurrentDomain.FriendlyName;
            // Its name is a label of Npgsql's metrics; without one, that is the connection string.
            return new NpgsqlDataSourceBuilder(settings.ConnectionString) { Name = $"{PostgresNodes.PrimaryName}-owner" }.Build();
        }
        catch (FormatException e)
        {
            throw new ConfigurationException($"ConnectionStrings__{PostgresNodes.PrimaryName} is not valid. {e.Message}");
        }
        catch (ArgumentException)
        {
            throw new ConfigurationException($"ConnectionStrings__{PostgresNodes.PrimaryName} is not valid; " +
                "expected Host=…;Port=…;Username=…;Password=…;Database=… or a postgresql:// URL.");
        }
    }

    private static async Task WaitForServerAsync(NpgsqlDataSource owner, CancellationToken cancellationToken)
    {
        var deadline = DateTime.UtcNow + ServerPatience;
        for (var first = true; ; first = false)
        {
            try
            {
                await using var connection = await owner.OpenConnectionAsync(cancellationToken);
                return;
            }
            catch (NpgsqlException e) when (StillStarting(e) && DateTime.UtcNow < deadline)
            {
                if (first)
                    await Console.Error.WriteLineAsync(
                        $"Waiting for the database, {ServerPatience.TotalSeconds:0} seconds at most.");
                await Task.Delay(TimeSpan.FromMilliseconds(250), cancellationToken);
            }
        }
    }

    /// <summary>Refuses a login that is not the owner, before the command changes anything.</summary>
    private static async Task CheckOwnerAsync(NpgsqlDataSource owner, string name, CancellationToken cancellationToken)
    {
        // A superuser counts as a member of every role. Without tables nobody owns any, and migrate must be able to make them.
        await using var command = owner.CreateCommand("""
            select current_user::text, pg_get_userbyid(c.relowner)::text,
                case when c.oid is null then has_schema_privilege('public', 'create') else pg_has_role(c.relowner, 'usage') end
            from (select to_regclass('public.companies') as oid) t left join pg_class c on c.oid = t.oid
            """);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var (login, there, may) = (reader.GetString(0), !reader.IsDBNull(1), reader.GetBoolean(2));
        if (!may)
            throw new CommandException(
                $"The login '{login}' {(there ? "does not own the tables" : "may not create tables")}, and '{name}' needs "
                + $"the schema's owner{(there ? $", '{reader.GetString(1)}'" : "")}: set ConnectionStrings__{PostgresNodes.PrimaryName} "
                + "(or its alias DATABASE_URL) to that role.");
        if (!there && name != "migrate")
            throw new CommandException($"The database has no tables yet: run 'ScaleHub.Worker migrate' before '{name}'.");
    }

    // Not reachable, or reachable and saying that it starts, or that there is no such database yet.
    private static bool StillStarting(NpgsqlException error)
        => error is not PostgresException refused
            || refused.SqlState is PostgresErrorCodes.CannotConnectNow or PostgresErrorCodes.InvalidCatalogName;

    private static string? Explain(Exception error) => error switch
    {
        CommandException or MigrationException => error.Message,
        PostgresException
        {
            SqlState: PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification
        } =>
            $"The database refused the login of ConnectionStrings__{PostgresNodes.PrimaryName}; check user and password.",
        PostgresException { SqlState: PostgresErrorCodes.InsufficientPrivilege } refused =>
            $"{refused.MessageText}; connect as the schema's owner (ConnectionStrings__{PostgresNodes.PrimaryName}).",
        PostgresException refused => $"The database refused: {refused.MessageText} ({refused.SqlState}).",
        NpgsqlException => $"The database does not answer ({(error.InnerException ?? error).Message}); " +
            $"start it, or correct ConnectionStrings__{PostgresNodes.PrimaryName}.",
        FormatException => error.Message,
        _ => null,
    };
}

/// <summary>A command cannot do what was asked; the message is one line that says why and what to do.</summary>
internal sealed class CommandException(string message) : Exception(message);
