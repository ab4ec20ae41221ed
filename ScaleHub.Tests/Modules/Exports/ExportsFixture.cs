using System.Net;
using System.Text.Json;
using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Core.Platform.Mail;
using ScaleHub.Testing;

namespace ScaleHub.Tests.Modules.Exports;

/// <summary>An API, and a worker that does its jobs, with one folder for files.</summary>
public sealed class ExportsFixture : IAsyncLifetime
{
    private readonly string _files = Directory.CreateTempSubdirectory("scalehub-test-files").FullName;
    private PlatformHost _worker = null!;

    internal ApiInstances Api { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Api = await ApiInstances.StartAsync(1, ("RateLimits__Scale", "1000"), ("Blobs__Folder", _files));
        _worker = await PlatformHost.StartAsync(Api.Database, builder =>
        {
            builder.AddJobLoops();
            builder.AddMailSender();
        }, ("Blobs:Folder", _files), ("Mail:Folder", Path.Combine(_files, "mail")));
    }

    public async Task DisposeAsync()
    {
        await _worker.DisposeAsync();
        await Api.DisposeAsync();
        Directory.Delete(_files, recursive: true);
    }

    /// <summary>Begins something, and waits for the end of its job.</summary>
    internal async Task<JsonElement> RunAsync(Account account, string path, string? body)
    {
        using var begun = await account.Client.PostAsync($"/api/v1/{path}", body is null ? null : Responses.Json(body));
        await begun.JsonAsync(HttpStatusCode.Accepted);
        JsonElement job = default;
        await Poll.UntilAsync(async () =>
        {
            job = await (await account.Client.GetAsync(begun.Headers.Location)).JsonAsync(HttpStatusCode.OK);
            Assert.True(job.GetProperty("status").GetString() == "succeeded",
                $"{job} {string.Join(' ', await Api.QueryAsync($"select coalesce(error, '') from jobs where company_id = '{account.CompanyId}'"))}");
        }, seconds: 60);
        return job;
    }

    /// <summary>A link to the file that a job has written.</summary>
    internal static async Task<string> LinkAsync(Account account, JsonElement job)
    {
        var file = await (await account.Client.GetAsync($"/api/v1/files/{job.GetProperty("result").GetProperty("fileId")}")).JsonAsync(HttpStatusCode.OK);
        return file.GetProperty("link").GetProperty("url").GetString()!;
    }

    internal static async Task<byte[]> DownloadAsync(Account account, JsonElement job)
        => await account.Client.GetByteArrayAsync(await LinkAsync(account, job));
}
