using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http.Errors;
using ScaleHub.Modules;
using ScaleHub.Modules.Files;
using ScaleHub.Testing;
using ScaleHub.Tests.Platform.Jobs;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Modules.Files;

/// <summary>Nothing stays in the store that nobody can read, and nothing goes that somebody keeps.</summary>
[Collection(PostgresTests.Name)]
public sealed class SweepFilesTests(PostgresServer server) : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("scalehub-test-files").FullName;
    private JobsHost _host = null!;

    public async Task InitializeAsync()
    {
        _host = await JobsHost.StartAsync(server, 0, ("Blobs:Folder", _folder));
        await _host.ExecuteAsync($"""
            insert into companies (id, name) values ('{_host.Company}', 'c');
            insert into users (company_id, id, email, password_hash, role) values ('{_host.Company}', '{_host.Company}', 'a@files.example', 'x', 'owner')
            """);
    }

    public async Task DisposeAsync()
    {
        await _host.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task The_sweep_deletes_what_has_expired_what_a_killed_writer_left_and_nothing_else()
    {
        var (kept, dropped, unattached) = (await WriteAsync("kept"), await WriteAsync("dropped"), await WriteAsync("unattached"));
        await using (var scope = Scope())
        {
            var db = scope.ServiceProvider.GetRequiredService<ScaleHubDb>();
            Assert.NotNull(await db.AttachFileAsync(kept.Id, TimeProvider.System, CancellationToken.None));
            // It is attached now, and cannot be attached to something else.
            Assert.Null(await db.AttachFileAsync(kept.Id, TimeProvider.System, CancellationToken.None));
            Assert.NotNull(await db.AttachFileAsync(dropped.Id, TimeProvider.System, CancellationToken.None));
            Assert.Equal(1, await db.DetachFilesAsync([dropped.Id], TimeProvider.System, CancellationToken.None));
        }
        // As a writer leaves it that is killed half way.
        var killed = Guid.CreateVersion7();
        await _host.ExecuteAsync($"""
            update files set expires_at = now() - interval '2 minutes' where id = '{dropped.Id}';
            insert into files (company_id, id, name, content_type, expires_at, is_upload) values ('{_host.Company}', '{killed}', 'killed', 'image/png', now() - interval '2 minutes', true)
            """);
        await File.WriteAllTextAsync(PathOf(killed) + ".part", "half");

        await _host.StartWorkerAsync(ModuleList.Jobs);
        var sweep = await _host.AddAsync(new SweepFiles(), company: Tenant.Platform);
        await _host.UntilAsync(sweep, "succeeded 1");
        Assert.Equal(["kept", "unattached"], await _host.QueryAsync("select name from files order by name"));
        Assert.Equal(new[] { PathOf(kept.Id), PathOf(unattached.Id) }.Order(), Directory.GetFiles(_folder, "*", SearchOption.AllDirectories).Order());
    }

    [Fact]
    public async Task A_writer_that_fails_leaves_nothing_that_can_be_read_and_a_store_that_fails_is_503()
    {
        await using var scope = Scope();
        var writer = scope.ServiceProvider.GetRequiredService<FileWriter>();
        await Assert.ThrowsAsync<InvalidDataException>(() => writer.UploadAsync(What("a"), 100,
            async (content, ct) => { await content.WriteAsync("half"u8.ToArray(), ct); throw new InvalidDataException(); }, default));
        await Assert.ThrowsAsync<FileTooLargeException>(() => writer.UploadAsync(What("b") with { MaxBytes = 3 }, 100,
            async (content, ct) => await content.WriteAsync("four"u8.ToArray(), ct), default));
        Assert.Empty(Directory.GetFiles(_folder, "*", SearchOption.AllDirectories));
        // The company's folder cannot be made.
        Directory.Delete(_folder, recursive: true);
        await File.WriteAllTextAsync(_folder, "");
        await Assert.ThrowsAsync<UnavailableException>(() => writer.UploadAsync(What("c"), 100, (_, _) => Task.CompletedTask, default));
        File.Delete(_folder);
        Directory.CreateDirectory(_folder);
        Assert.Equal(["a true", "b true", "c true"], await _host.QueryAsync(
            "select name || ' ' || (size_bytes is null and expires_at <= now())::text from files order by name"));
    }

    [Fact]
    public async Task A_file_that_cannot_be_deleted_does_not_hold_up_the_others()
    {
        var (stuck, free) = (await WriteAsync("stuck"), await WriteAsync("free"));
        // A folder with something in it, where the content should be.
        File.Delete(PathOf(stuck.Id));
        Directory.CreateDirectory(PathOf(stuck.Id));
        await File.WriteAllTextAsync(Path.Combine(PathOf(stuck.Id), "x"), "");
        await _host.ExecuteAsync("update files set expires_at = now() - interval '5 minutes' - case name when 'stuck' then interval '1 hour' else '0' end");
        await _host.StartWorkerAsync(ModuleList.Jobs);
        var sweep = await _host.AddAsync(new SweepFiles(), company: Tenant.Platform);
        await _host.UntilAsync(sweep, "succeeded 1");
        Assert.Equal(["stuck"], await _host.QueryAsync("select name from files"));
        Assert.False(File.Exists(PathOf(free.Id)));
    }

    [Fact]
    public async Task A_writer_whose_row_has_gone_leaves_no_content()
    {
        await using var scope = Scope();
        var writer = scope.ServiceProvider.GetRequiredService<FileWriter>();
        await Assert.ThrowsAsync<DbUpdateConcurrencyException>(() => writer.MakeAsync(What("late"), async (content, ct) =>
        {
            await content.WriteAsync("content"u8.ToArray(), ct);
            // As the sweep does with a writer that it takes for dead, and the erasure of a company.
            await _host.ExecuteAsync("delete from files");
        }, CancellationToken.None));
        Assert.Empty(Directory.GetFiles(_folder, "*", SearchOption.AllDirectories));
    }

    private static FileDescription What(string name) => new(name, "image/png", TimeSpan.FromDays(1), 100);

    private async Task<StoredFile> WriteAsync(string name)
    {
        await using var scope = Scope();
        return await scope.ServiceProvider.GetRequiredService<FileWriter>().UploadAsync(What(name), 100,
            async (content, ct) => await content.WriteAsync("content"u8.ToArray(), ct), CancellationToken.None);
    }

    private AsyncServiceScope Scope()
    {
        var scope = _host.Scope();
        scope.ServiceProvider.GetRequiredService<Tenant>().ActAs(_host.Company, _host.Company);
        return scope;
    }

    private string PathOf(Guid id) => Path.Combine(_folder, $"{_host.Company:n}", $"{id:n}");
}
