using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using ScaleHub.Http.Authentication;
using ScaleHub.Modules.Identity.Authentication;
using ScaleHub.Testing;

namespace ScaleHub.Perf.Run.Servers;

/// <summary>Companies in bulk, each with an owner who is signed in.</summary>
internal static class Companies
{
    /// <summary>A company's identifier, by its number from 1 on: they differ in the last 48 bits.</summary>
    public static string IdOf(string number) => $"('00000000-0000-4000-8000-' || lpad(to_hex({number}), 12, '0'))::uuid";

    /// <summary>Makes companies on a plan, by SQL as the schema's owner, and an access token of each owner, in the order of their
    /// numbers.</summary>
    public static async Task<IReadOnlyList<string>> MakeAsync(TestDatabase database, int count, string plan = "ENTERPRISE")
    {
        await PostgresServer.ExecuteAsync(database.Owner, $"""
            create temp table made as
                select {IdOf("i")} as company, gen_random_uuid() as person, gen_random_uuid() as session, i from generate_series(1, {count}) i;
            insert into companies (id, name, plan) select company, 'Company ' || i, '{plan}' from made;
            insert into users (company_id, id, email, password_hash, role)
                select company, person, 'owner-' || person || '@company.example', 'none', 'owner' from made;
            insert into sessions (company_id, id, user_id, refresh_token_hash, expires_at)
                select company, session, person, sha256(session::text::bytea), now() + interval '1 day' from made;
            analyze companies, users, sessions;
            """);
        await using var platform = await PlatformHost.StartAsync(database);
        var tokens = platform.Services.GetRequiredService<AccessTokens>();
        List<string> made = [];
        await using var source = NpgsqlDataSource.Create(database.Owner);
        await using var find = source.CreateCommand("select company_id, user_id, id from sessions order by company_id");
        await using var reader = await find.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            made.Add(await tokens.IssueAsync(
                new AccessToken(reader.GetGuid(1), reader.GetGuid(0), reader.GetGuid(2), "owner"), CancellationToken.None));
        }
        return made;
    }

    /// <summary>Gives a company tasks by SQL, whose identifiers are spread evenly over a time.</summary>
    public static Task AddTasksAsync(TestDatabase database, Guid company, Guid user, int count, DateTimeOffset from, DateTimeOffset to)
        => PostgresServer.ExecuteAsync(database.Owner, $"""
            insert into tasks (company_id, id, title, due_at, created_by, assignee_id)
                select '{company}', (lpad(to_hex({from.ToUnixTimeMilliseconds()} + ({(to - from).TotalMilliseconds:0}::bigint * i / {count})), 12, '0')
                    || '7000' || '8' || substr(md5(i::text), 1, 15))::uuid, 'Call supplier ' || i || ' about the delivery that is late',
                    now() + interval '30 days', '{user}', '{user}'
                from generate_series(1, {count}::bigint) i;
            analyze tasks;
            """);

    /// <summary>Gives every company tasks by SQL.</summary>
    public static Task AddTasksAsync(TestDatabase database, int ofEach)
        => PostgresServer.ExecuteAsync(database.Owner, $"""
            insert into tasks (company_id, id, title, created_by, assignee_id)
                select u.company_id, uuid7_at(now() - i * interval '1 minute'), 'Call supplier ' || i || ' about the delivery that is late', u.id, u.id
                from users u, generate_series(1, {ofEach}) i;
            analyze tasks;
            """);
}
