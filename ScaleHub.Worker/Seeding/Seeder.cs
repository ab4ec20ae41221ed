using Npgsql;
using NpgsqlTypes;
using ScaleHub.Core.Platform;
using ScaleHub.Modules.Cards;
using ScaleHub.Worker.Commands;

namespace ScaleHub.Worker.Seeding;

/// <summary>What a run has written.</summary>
internal sealed record SeedResult(long Companies, long Users, long Tasks, long Skipped);

/// <summary>
/// Writes made-up companies by binary COPY, with all constraints in force, on a few connections at once. The database itself
/// makes the companies' rows of the other modules (modules.sql).
/// <para>Guarantee: a company is there with all it has, or not at all: each batch is one transaction. A company that
/// is there already is passed over, so an interrupted run can be repeated. Memory holds one batch of companies and users for each
/// connection; tasks are made as they are sent.</para>
/// </summary>
internal sealed class Seeder(NpgsqlDataSource owner, SeedOptions options, string passwordHash)
{
    // More than this gains nothing: PostgreSQL, checking foreign keys, is the slower side.
    private const int MostStreams = 4;

    private static readonly string Functions = Read("functions.sql"), Modules = Read("modules.sql");

    private readonly SeedPlan _plan = new(options);
    private long _companies, _users, _tasks, _skipped;

    /// <summary>The address of the owner of the largest company.</summary>
    public string LargestOwner => _plan.Company(0).OwnerEmail;

    /// <summary>Writes what is missing.</summary>
    /// <param name="progress">Told by any thread how many tasks more are written, or were there already.</param>
    /// <param name="cancellationToken">Rolls the batches under way back.</param>
    /// <exception cref="CommandException">The schema is missing, or there is data of another seed.</exception>
    public async Task<SeedResult> RunAsync(Action<long> progress, CancellationToken cancellationToken)
    {
        await RefuseOtherSeedAsync(cancellationToken);
        var streams = new ParallelOptions
        {
            MaxDegreeOfParallelism = Math.Min(MostStreams, Environment.ProcessorCount),
            CancellationToken = cancellationToken,
        };
        await Parallel.ForEachAsync(_plan.Batches(), streams, async (batch, stop) => await WriteAsync(batch, progress, stop));
        await using var analyze = owner.CreateCommand("analyze");
        await analyze.ExecuteNonQueryAsync(cancellationToken);
        return new(_companies, _users, _tasks, _skipped);
    }

    // Names do not depend on the seed, so the first company of any other is a company of this name with another identifier.
    private async Task RefuseOtherSeedAsync(CancellationToken cancellationToken)
    {
        await using var ready = owner.CreateCommand("select to_regclass('tasks') is not null");
        if (await ready.ExecuteScalarAsync(cancellationToken) is not true)
            throw new CommandException("The database has no schema yet; run 'migrate' first.");
        var largest = _plan.Company(0);
        await using var find = owner.CreateCommand("select exists (select from companies where name = $1 and id <> $2)");
        find.Parameters.Add(new() { Value = largest.Name });
        find.Parameters.Add(new() { Value = largest.Id });
        if (await find.ExecuteScalarAsync(cancellationToken) is true)
            throw new CommandException(
                "The database holds the data of another seed. " +
                "Give the same --companies, --seed and --tasks, or an empty database.");
    }

    private async Task WriteAsync(List<MadeUpCompany> batch, Action<long> progress, CancellationToken cancellationToken)
    {
        await using var connection = await owner.OpenConnectionAsync(cancellationToken);
        await using (var functions = new NpgsqlCommand(Functions, connection)) await functions.ExecuteNonQueryAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var there = await ThereAlreadyAsync(connection, batch, cancellationToken);
        var staffed = batch.Where(c => !there.Contains(c.Id)).Select(c => (Company: c, Users: c.Users())).ToList();

        await CopyAsync(connection, "companies (id, name, plan, created_at)", staffed, async (row, entry) =>
        {
            await row.StartRowAsync(cancellationToken);
            await row.WriteAsync(entry.Company.Id, NpgsqlDbType.Uuid, cancellationToken);
            await row.WriteAsync(entry.Company.Name, NpgsqlDbType.Text, cancellationToken);
            await row.WriteAsync(entry.Company.Plan, NpgsqlDbType.Text, cancellationToken);
            await row.WriteAsync(entry.Company.CreatedAt, NpgsqlDbType.TimestampTz, cancellationToken);
        }, cancellationToken);

        var users = staffed.SelectMany(entry => entry.Users.Select(user => (entry.Company, User: user)));
        await CopyAsync(connection, "users (company_id, id, email, password_hash, role, created_at)", users, async (row, entry) =>
        {
            await row.StartRowAsync(cancellationToken);
            await row.WriteAsync(entry.Company.Id, NpgsqlDbType.Uuid, cancellationToken);
            await row.WriteAsync(entry.User.Id, NpgsqlDbType.Uuid, cancellationToken);
            await row.WriteAsync(entry.User.Email, NpgsqlDbType.Text, cancellationToken);
            await row.WriteAsync(passwordHash, NpgsqlDbType.Text, cancellationToken);
            await row.WriteAsync(entry.User.Role, NpgsqlDbType.Text, cancellationToken);
            await row.WriteAsync(entry.User.CreatedAt, NpgsqlDbType.TimestampTz, cancellationToken);
        }, cancellationToken);

        await CopyAsync(connection, "logins (email, company_id, user_id)", users, async (row, entry) =>
        {
            await row.StartRowAsync(cancellationToken);
            await row.WriteAsync(entry.User.Email, NpgsqlDbType.Text, cancellationToken);
            await row.WriteAsync(entry.Company.Id, NpgsqlDbType.Uuid, cancellationToken);
            await row.WriteAsync(entry.User.Id, NpgsqlDbType.Uuid, cancellationToken);
        }, cancellationToken);

        var tasks = staffed.SelectMany(entry => entry.Company.Tasks(entry.Users).Select(task => (entry.Company, Task: task)));
        const string TaskColumns =
            "tasks (company_id, id, title, description, status, due_at, created_by, assignee_id, created_at, updated_at)";
        await CopyAsync(connection, TaskColumns, tasks,
            (row, entry) => WriteTaskAsync(row, entry.Company.Id, entry.Task, cancellationToken), cancellationToken, progress);
        await WritePacksAsync(connection, staffed.SelectMany(entry =>
            MadeUpPack.Of(entry.Company, entry.Users).Select(pack => (entry.Company.Id, pack))).ToList(), cancellationToken);
        await FillModulesAsync(connection, staffed.Select(entry => entry.Company.Id).ToArray(), cancellationToken);
        await transaction.CommitAsync(cancellationToken);

        Interlocked.Add(ref _companies, staffed.Count);
        Interlocked.Add(ref _users, staffed.Sum(entry => entry.Users.Length));
        Interlocked.Add(ref _tasks, staffed.Sum(entry => entry.Company.TaskCount));
        Interlocked.Add(ref _skipped, there.Count);
        progress(batch.Where(c => there.Contains(c.Id)).Sum(c => c.TaskCount));
    }

    /// <summary>What companies have besides users, tasks and cards: made by the database from what is there.</summary>
    private static async Task FillModulesAsync(NpgsqlConnection connection, Guid[] companies, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection) { Timeout = 600 };
        foreach (var statement in Modules.Split(";\n", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var command = batch.CreateBatchCommand();
            command.CommandText = statement;
            if (statement.Contains("$1", StringComparison.Ordinal)) command.Parameters.Add(new() { Value = companies });
            batch.BatchCommands.Add(command);
        }
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task WritePacksAsync(
        NpgsqlConnection connection, List<(Guid Company, MadeUpPack Pack)> packs, CancellationToken cancellationToken)
    {
        await CopyAsync(connection, "card_packs (company_id, id, user_id, seed, created_at)", packs, async (row, entry) =>
        {
            await row.StartRowAsync(cancellationToken);
            await row.WriteAsync(entry.Company, NpgsqlDbType.Uuid, cancellationToken);
            await row.WriteAsync(entry.Pack.Id, NpgsqlDbType.Uuid, cancellationToken);
            await row.WriteAsync(entry.Pack.UserId, NpgsqlDbType.Uuid, cancellationToken);
            await row.WriteAsync(entry.Pack.Seed, NpgsqlDbType.Bytea, cancellationToken);
            await row.WriteAsync(entry.Pack.CreatedAt, NpgsqlDbType.TimestampTz, cancellationToken);
        }, cancellationToken);
        var cards = packs.SelectMany(p => p.Pack.Cards.Select(card => (p.Company, p.Pack, card.Id, card.Card)));
        await CopyAsync(connection, "user_cards (company_id, id, user_id, pack_id, card, tier, created_at)", cards, async (row, entry) =>
        {
            await row.StartRowAsync(cancellationToken);
            await row.WriteAsync(entry.Company, NpgsqlDbType.Uuid, cancellationToken);
            await row.WriteAsync(entry.Id, NpgsqlDbType.Uuid, cancellationToken);
            await row.WriteAsync(entry.Pack.UserId, NpgsqlDbType.Uuid, cancellationToken);
            await row.WriteAsync(entry.Pack.Id, NpgsqlDbType.Uuid, cancellationToken);
            await row.WriteAsync(entry.Card.Card, NpgsqlDbType.Text, cancellationToken);
            await row.WriteAsync(EnumNames.WriteColumn(entry.Card.Tier), NpgsqlDbType.Text, cancellationToken);
            await row.WriteAsync(entry.Pack.CreatedAt, NpgsqlDbType.TimestampTz, cancellationToken);
        }, cancellationToken);
        // Those that everybody sees.
        var shown = cards.Where(c => c.Card.Tier >= CardTier.Rare).Index();
        await CopyAsync(connection, "global_feed (company_id, id, card_id, card, tier, shown_name, created_at)", shown, async (row, entry) =>
        {
            var (_, card) = entry;
            await row.StartRowAsync(cancellationToken);
            await row.WriteAsync(card.Company, NpgsqlDbType.Uuid, cancellationToken);
            await row.WriteAsync(card.Id, NpgsqlDbType.Uuid, cancellationToken);
            await row.WriteAsync(card.Id, NpgsqlDbType.Uuid, cancellationToken);
            await row.WriteAsync(card.Card.Card, NpgsqlDbType.Text, cancellationToken);
            await row.WriteAsync(EnumNames.WriteColumn(card.Card.Tier), NpgsqlDbType.Text, cancellationToken);
            await row.WriteAsync($"Player {card.Id.ToString()[^4..]}", NpgsqlDbType.Text, cancellationToken);
            await row.WriteAsync(card.Pack.CreatedAt, NpgsqlDbType.TimestampTz, cancellationToken);
        }, cancellationToken);
    }

    private static string Read(string file)
    {
        using var reader = new StreamReader(typeof(Seeder).Assembly.GetManifestResourceStream(file)!);
        return reader.ReadToEnd();
    }

    private static async Task WriteTaskAsync(
        NpgsqlBinaryImporter row, Guid company, MadeUpTask task, CancellationToken cancellationToken)
    {
        await row.StartRowAsync(cancellationToken);
        await row.WriteAsync(company, NpgsqlDbType.Uuid, cancellationToken);
        await row.WriteAsync(task.Id, NpgsqlDbType.Uuid, cancellationToken);
        await row.WriteAsync(task.Title, NpgsqlDbType.Text, cancellationToken);
        await row.WriteAsync(task.Description, NpgsqlDbType.Text, cancellationToken);
        await row.WriteAsync(task.Status, NpgsqlDbType.Text, cancellationToken);
        await row.WriteAsync(task.DueAt, NpgsqlDbType.TimestampTz, cancellationToken);
        await row.WriteAsync(task.CreatedBy, NpgsqlDbType.Uuid, cancellationToken);
        await row.WriteAsync(task.AssigneeId, NpgsqlDbType.Uuid, cancellationToken);
        await row.WriteAsync(task.CreatedAt, NpgsqlDbType.TimestampTz, cancellationToken);
        await row.WriteAsync(task.UpdatedAt, NpgsqlDbType.TimestampTz, cancellationToken);
    }

    private static async Task<HashSet<Guid>> ThereAlreadyAsync(
        NpgsqlConnection connection, List<MadeUpCompany> batch, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("select id from companies where id = any($1)", connection);
        command.Parameters.Add(new() { Value = batch.Select(c => c.Id).ToArray() });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        HashSet<Guid> there = [];
        while (await reader.ReadAsync(cancellationToken)) there.Add(reader.GetGuid(0));
        return there;
    }

    private static async Task CopyAsync<T>(NpgsqlConnection connection, string target, IEnumerable<T> rows,
        Func<NpgsqlBinaryImporter, T, Task> write, CancellationToken cancellationToken, Action<long>? progress = null)
    {
        const int Step = 1000;
        var copy = $"copy {target} from stdin (format binary)";
        await using var importer = await connection.BeginBinaryImportAsync(copy, cancellationToken);
        var count = 0;
        foreach (var row in rows)
        {
            await write(importer, row);
            if (++count % Step == 0) progress?.Invoke(Step);
        }
        await importer.CompleteAsync(cancellationToken);
        progress?.Invoke(count % Step);
    }
}
