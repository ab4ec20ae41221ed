using System.Diagnostics;
using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using ScaleHub.Core.Platform.Auditing;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Modules.Tasks;
using ScaleHub.Testing;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Platform.Auditing;

[Collection(PostgresTests.Name)]
public sealed class AuditTrailTests(PostgresServer server) : IAsyncLifetime
{
    private static readonly Guid Company = Guid.Parse("01a00000-0000-7000-8000-000000000001");

    private TestDatabase _database = null!;
    private PlatformHost _host = null!;

    public async Task InitializeAsync()
    {
        _database = await server.CreateDatabaseAsync();
        await PostgresServer.ExecuteAsync(_database.Owner, $"""
            insert into companies (id, name) values ('{Company}', 'mine');
            insert into users (company_id, id, email, password_hash, role) values ('{Company}', '{Company}', 'a@x.example', 'x', 'owner')
            """);
        _host = await PlatformHost.StartAsync(_database);
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task Without_its_entry_no_change_is_written()
    {
        await using var scope = _host.Scope(Company);
        var db = scope.ServiceProvider.GetRequiredService<ScaleHubDb>();
        var task = NewTask("kept");
        db.Tasks.Add(task);
        await db.SaveChangesAsync();

        await PostgresServer.ExecuteAsync(_database.Owner, "revoke insert on audit_log from scalehub_app");
        task.Title = "changed";
        db.Tasks.Add(NewTask("new"));
        await Assert.ThrowsAsync<DbUpdateException>(() => db.SaveChangesAsync());
        await Assert.ThrowsAsync<PostgresException>(() => RenameAsync(db, "changed by a statement"));
        await using (var another = _host.Scope(Company))
        {
            var deleting = another.ServiceProvider.GetRequiredService<ScaleHubDb>();
            deleting.Tasks.Remove(await deleting.Tasks.SingleAsync());
            await Assert.ThrowsAsync<DbUpdateException>(() => deleting.SaveChangesAsync());
        }
        Assert.Equal(["kept"], await QueryAsync("select title from tasks"));
        Assert.Equal(["task.created"], await QueryAsync("select action from audit_log"));

        // What was refused can be saved later, and has one entry then, not two.
        await PostgresServer.ExecuteAsync(_database.Owner, "grant insert on audit_log to scalehub_app");
        await db.SaveChangesAsync();
        Assert.Equal(["changed", "new"], await QueryAsync("select title from tasks order by title"));
        Assert.Equal(["task.created 2", "task.updated 1"],
            await QueryAsync("select action || ' ' || count(*) from audit_log group by action order by action"));
    }

    [Fact]
    public async Task Without_its_change_no_entry_is_written()
    {
        await using var scope = _host.Scope(Company);
        var db = scope.ServiceProvider.GetRequiredService<ScaleHubDb>();
        await using (await db.Database.BeginTransactionAsync())
        {
            db.Tasks.Add(NewTask("rolled back"));
            await db.SaveChangesAsync();
            Assert.Equal(1, await RenameAsync(db, "another"));
        }
        db.ChangeTracker.Clear();
        // Refused by a check constraint.
        db.Tasks.Add(NewTask(""));
        await Assert.ThrowsAsync<DbUpdateException>(() => db.SaveChangesAsync());
        Assert.Equal(0, await RenameAsync(db, "nothing to rename"));
        Assert.Empty(await QueryAsync("select action from audit_log"));
    }

    [Fact]
    public async Task A_statement_has_an_entry_for_each_row_that_it_changes()
    {
        using var trace = new Activity("test").SetIdFormat(ActivityIdFormat.W3C).Start();
        await using var scope = _host.Scope(Company);
        var db = scope.ServiceProvider.GetRequiredService<ScaleHubDb>();
        db.Tasks.AddRange(NewTask("a"), NewTask("b"));
        await db.SaveChangesAsync();
        Assert.Equal(2, await RenameAsync(db, "c"));
        Assert.Equal(await QueryAsync("select id::text from tasks order by id"), await QueryAsync(
            "select subject_id::text from audit_log where action = 'task.renamed' and kind = 'task' and actor = 'system' order by subject_id"));
        Assert.Equal([$"{trace.TraceId}"], await QueryAsync("select distinct trace_id from audit_log"));
        Assert.Equal(["t"], await QueryAsync(
            "select distinct left((id between uuid7_floor(created_at) and uuid7_floor(created_at + interval '1 ms'))::text, 1) from audit_log"));
    }

    [Fact]
    public async Task Long_texts_and_many_members_are_cut_and_stay_json()
    {
        await using var scope = _host.Scope(Company);
        var db = scope.ServiceProvider.GetRequiredService<ScaleHubDb>();
        // A character of two halves at the cut; quotation marks, which JSON escapes.
        var task = NewTask("long");
        task.Description = new string('"', AuditDetail.MaxText - 1) + string.Concat(Enumerable.Repeat("😀", 4_000));
        db.Tasks.Add(task);
        db.Audit.Add("test.many", null, [.. Enumerable.Range(0, 30).Select(i => new AuditChange($"m{i}", task.Description, "短" + i))]);
        await db.SaveChangesAsync();

        var details = (await QueryAsync("select detail::text from audit_log order by action")).ConvertAll(d => JsonDocument.Parse(d).RootElement);
        Assert.Equal(new string('"', AuditDetail.MaxText - 1) + "…", details[0].GetProperty("description").GetProperty("to").GetString());
        Assert.True(details[1].GetProperty("cut").GetBoolean());
        Assert.Equal("短0", details[1].GetProperty("m0").GetProperty("to").GetString());
        Assert.All(details, d => Assert.True(Encoding.UTF8.GetByteCount(d.ToString()) <= AuditDetail.MaxBytes * 1.1));
    }

    [Fact]
    public async Task What_anybody_can_cause_is_one_entry_in_a_window_and_none_without_a_company()
    {
        var user = Guid.CreateVersion7();
        await Task.WhenAll(Enumerable.Range(0, 20).Select(async i =>
        {
            await using var scope = _host.Scope(i < 10 ? Company : Guid.NewGuid());
            var db = scope.ServiceProvider.GetRequiredService<ScaleHubDb>();
            // A window of a month: the test does not meet its end, but for once a month, when there may be two.
            await db.Audit.AddOnceAsync("user.sign_in_failed", user, TimeSpan.FromDays(30), CancellationToken.None);
        }));
        Assert.InRange((await QueryAsync("select id::text from audit_log")).Count, 1, 2);
    }

    [Fact]
    public async Task Every_entity_is_audited_or_says_why_and_every_secret_is_marked()
    {
        await using var scope = _host.Scope(Company);
        var types = scope.ServiceProvider.GetRequiredService<ScaleHubDb>().Model.GetEntityTypes().Where(t => t.GetTableName() is not null).ToList();
        Assert.True(types.Count > 15);
        List<string> wrong = [];
        foreach (var type in types)
        {
            if (AuditedEntity.IsLeftOut(type))
            {
                if (Reason(type.ClrType) is not { Length: > 10 }) wrong.Add($"{type.ClrType.Name} does not say why it is not audited");
                continue;
            }
            if (AuditedEntity.Of(type) is null) wrong.Add($"{type.ClrType.Name} is not audited");
            foreach (var property in type.GetProperties())
            {
                var why = property.PropertyInfo is { } member ? Reason(member) : null;
                if (AuditedEntity.IsLeftOut(property) && why is not { Length: > 10 })
                    wrong.Add($"{type.ClrType.Name}.{property.Name} does not say why it is not audited");
                if (AuditedEntity.LooksSecret(property) && !AuditedEntity.IsLeftOut(property)
                    && property.PropertyInfo?.IsDefined(typeof(SecretAttribute), false) is not true)
                    wrong.Add($"{type.ClrType.Name}.{property.Name} looks like a secret: mark it [Secret], or [NotAudited] with a reason");
            }
        }
        Assert.Empty(wrong);
        // The rule itself.
        var users = types.Single(t => t.GetTableName() == "users");
        Assert.True(AuditedEntity.IsSecret(users.FindProperty("PasswordHash")!));
        Assert.False(AuditedEntity.IsSecret(users.FindProperty("Email")!));

        static string? Reason(MemberInfo member)
            => ((NotAuditedAttribute?)Attribute.GetCustomAttribute(member, typeof(NotAuditedAttribute)))?.Reason;
    }

    [Fact]
    public void A_statement_that_goes_past_the_tracker_is_audited_or_says_why_not()
    {
        var statement = new Regex(@"^(?!\s*//).*(Execute(Update|Delete)Async|\b(insert into|delete from|update \w+ set)\b)");
        var told = new Regex("Not audited|Audit.ExecuteAsync");
        List<string> wrong = [];
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Repository.Root, "ScaleHub.Modules"), "*.cs", SearchOption.AllDirectories)
            .Where(f => !f.Contains("/obj/", StringComparison.Ordinal)))
        {
            var lines = File.ReadAllLines(file);
            for (var i = 0; i < lines.Length; i++)
            {
                // Above the statement, which may have several lines.
                if (statement.IsMatch(lines[i]) && !lines[Math.Max(0, i - 8)..(i + 1)].Any(told.IsMatch))
                    wrong.Add($"{Path.GetFileName(file)}:{i + 1}");
            }
        }
        Assert.True(wrong.Count == 0, "These statements change rows that the audit log does not see. Use a tracked entity or "
            + "db.Audit.ExecuteAsync, or say in a comment above \"Not audited:\" and why: " + string.Join(", ", wrong));
    }

    private static Task<int> RenameAsync(ScaleHubDb db, string title) => db.Audit.ExecuteAsync(
        "task.renamed", $"update tasks set title = {title} returning id as subject_id, jsonb_build_object() as detail", CancellationToken.None);

    private static TaskItem NewTask(string title)
    {
        var now = DateTimeOffset.UtcNow;
        return new() { CompanyId = Company, Id = Guid.CreateVersion7(), Title = title, CreatedBy = Company, CreatedAt = now, UpdatedAt = now };
    }

    private Task<List<string>> QueryAsync(string sql) => PostgresServer.QueryAsync(_database.Owner, sql);
}
