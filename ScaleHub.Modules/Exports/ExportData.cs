using ScaleHub.Core.Platform.Consistency;
using ScaleHub.Core.Platform.Exports;
using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Modules.Files;

namespace ScaleHub.Modules.Exports;

/// <summary>Writes one list as a CSV file. Its result is the file's identifier and the number of rows.</summary>
/// <param name="List">The list's name.</param>
public sealed record ExportData(string List) : IJob
{
    /// <inheritdoc/>
    public static string Kind => "exports.list";

    /// <inheritdoc/>
    // Without a transaction, which would be open for as long as the list is long.
    public static JobPolicy Policy { get; } = new() { InTransaction = false, Timeout = TimeSpan.FromHours(2) };
}

internal sealed class ExportDataHandler(
    ExportCatalogue catalogue, IServiceProvider services, FileWriter files, TimeProvider time) : IJobHandler<ExportData>
{
    /// <summary>How long an export can be downloaded.</summary>
    internal static readonly TimeSpan Keep = TimeSpan.FromDays(7);

    /// <summary>4 GiB: more than any spreadsheet opens.</summary>
    internal const long MaxBytes = 4L * 1024 * 1024 * 1024;

    public async Task HandleAsync(ExportData job, JobRun run, CancellationToken cancellationToken)
    {
        if (catalogue.Lists.GetValueOrDefault(job.List) is not { } list) throw new JobFailedException("There is no such list any more.");
        var db = await services.OpenCurrentReadsAsync();
        var total = Math.Max(1, await list.CountAsync(db, cancellationToken));
        long rows = 0;
        var file = await files.MakeAsync(new($"{job.List}-{time.GetUtcNow():yyyy-MM-dd}.csv", "text/csv; charset=utf-8", Keep, MaxBytes),
            async (stream, ct) => rows = await CsvExport.WriteAsync(list, db, stream, Report, ct), cancellationToken);
        run.Result = new { fileId = file.Id, rows };

        Task Report(long written) => run.ReportAsync((int)Math.Min(99, written * 100 / total), $"{written} rows", cancellationToken);
    }
}
