using System.IO.Compression;
using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Blobs;
using ScaleHub.Core.Platform.Consistency;
using ScaleHub.Core.Platform.Exports;
using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http.Authentication;
using ScaleHub.Modules.Companies;
using ScaleHub.Modules.Files;

namespace ScaleHub.Modules.Exports;

/// <summary>
/// Writes everything that a company has into one ZIP file: its profile as JSON, every list as CSV, and the files that are attached to
/// something. Its result is the file's identifier.
/// </summary>
public sealed record ExportCompanyData : IJob
{
    /// <inheritdoc/>
    public static string Kind => "exports.company";

    /// <inheritdoc/>
    public static JobPolicy Policy { get; } = new() { InTransaction = false, Timeout = TimeSpan.FromHours(6) };
}

/// <summary><c>POST /api/v1/exports/company</c>: all data of the company as one file, in the background.</summary>
public static class ExportCompany
{
    /// <summary>Begins to write all data of the company into a ZIP file. The job's result has the identifier of the file.</summary>
    /// <remarks>While one is under way, the answer is that one. The file is kept for a week.</remarks>
    public static async Task<Accepted<StartedResponse>> HandleAsync(
        AccessToken me, ScaleHubDb db, JobQueue queue, CancellationToken cancellationToken)
    {
        var job = await queue.AddOnceAsync(new ExportCompanyData(), $"exports.company {me.UserId}", cancellationToken: cancellationToken);
        await db.SaveChangesAsync(cancellationToken);
        return StartedResponse.Of(job);
    }
}

internal sealed class ExportCompanyDataHandler(
    ExportCatalogue catalogue, IServiceProvider services, FileWriter files, IBlobStore blobs, TimeProvider time)
    : IJobHandler<ExportCompanyData>
{
    private const int FilesAtATime = 200;

    // 1 TiB. What a company has is not to be kept from it; the disk ends before.
    private const long MaxBytes = 1L << 40;

    public async Task HandleAsync(ExportCompanyData job, JobRun run, CancellationToken cancellationToken)
    {
        var db = await services.OpenCurrentReadsAsync();
        var file = await files.MakeAsync(
            new($"company-{time.GetUtcNow():yyyy-MM-dd}.zip", "application/zip", ExportDataHandler.Keep, MaxBytes), (stream, ct) => WriteAsync(stream, db, run, ct), cancellationToken);
        run.Result = new { fileId = file.Id };
    }

    private async Task WriteAsync(Stream stream, ReadDb db, JobRun run, CancellationToken cancellationToken)
    {
        await using var zip = await ZipArchive.CreateAsync(stream, ZipArchiveMode.Create, leaveOpen: true, null, cancellationToken);
        var company = await db.Companies.SingleAsync(c => c.Id == db.Tenant.CompanyId, cancellationToken);
        await using (var entry = await OpenAsync(zip, "company.json", cancellationToken))
            await JsonSerializer.SerializeAsync(entry, CompanyResponse.From(company), ExportCatalogue.Json, cancellationToken);
        var lists = catalogue.Lists.Values.OrderBy(l => l.Name).ToList();
        foreach (var (i, list) in lists.Index())
        {
            await using var entry = await OpenAsync(zip, $"{list.Name}.csv", cancellationToken);
            await CsvExport.WriteAsync(list, db, entry,
                rows => run.ReportAsync(i * 90 / lists.Count, $"{list.Name}: {rows} rows", cancellationToken), cancellationToken);
        }
        await run.ReportAsync(90, "files", cancellationToken);
        await AddFilesAsync(zip, db, cancellationToken);
    }

    private async Task AddFilesAsync(ZipArchive zip, ReadDb db, CancellationToken cancellationToken)
    {
        List<StoredFile> page;
        var last = Guid.Empty;
        do
        {
            page = await db.Files.Where(f => f.ExpiresAt == null && f.Id > last).OrderBy(f => f.Id).Take(FilesAtATime).ToListAsync(cancellationToken);
            foreach (var file in page)
            {
                last = file.Id;
                await using var content = await blobs.OpenAsync(file.Blob, cancellationToken);
                // Deleted since the page was read.
                if (content is null) continue;
                await using var entry = await OpenAsync(zip, $"files/{file.Id}-{file.Name}", cancellationToken);
                await content.CopyToAsync(entry, cancellationToken);
            }
        }
        while (page.Count == FilesAtATime);
    }

    private static Task<Stream> OpenAsync(ZipArchive zip, string name, CancellationToken cancellationToken)
        => zip.CreateEntry(name, CompressionLevel.Fastest).OpenAsync(cancellationToken);
}
