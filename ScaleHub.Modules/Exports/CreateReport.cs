using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using ScaleHub.Core.Platform.Consistency;
using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http;
using ScaleHub.Modules.Files;

namespace ScaleHub.Modules.Exports;

/// <summary>How a report is written.</summary>
public enum ReportFormat
{
    /// <summary>A page to read and to print.</summary>
    Html,

    /// <summary>A PDF of one page.</summary>
    Pdf,
}

/// <summary>Body of <c>POST /api/v1/reports</c>.</summary>
/// <param name="Month">A month from 2000 on that has begun, as <c>2026-10</c>, in UTC.</param>
/// <param name="Format">A page or a PDF.</param>
[BodyExample("""{ "month": "2026-01", "format": "pdf" }""")]
public sealed record CreateReportRequest(
    [property: Required, RegularExpression("20[0-9]{2}-(0[1-9]|1[0-2])", ErrorMessage = "Write the month as 2026-10.")] string Month,
    ReportFormat Format = ReportFormat.Html)
{
    internal DateOnly FirstDay => DateOnly.ParseExact(Month + "-01", "yyyy-MM-dd", CultureInfo.InvariantCulture);
}

/// <summary>Writes the report of a month. Its result is the file's identifier.</summary>
/// <param name="Month">The first day of the month.</param>
/// <param name="Format">A page or a PDF.</param>
public sealed record WriteReport(DateOnly Month, ReportFormat Format) : IJob
{
    /// <inheritdoc/>
    public static string Kind => "exports.report";

    /// <inheritdoc/>
    // Without a transaction: the file is written outside the database.
    public static JobPolicy Policy { get; } = new() { InTransaction = false };
}

/// <summary><c>POST /api/v1/reports</c>: the report of a month, in the background.</summary>
public static class CreateReport
{
    /// <summary>Begins to write the report of a month. The job's result has the identifier of the file, which is kept for a week.</summary>
    public static async Task<Results<Accepted<StartedResponse>, ProblemHttpResult>> HandleAsync(
        CreateReportRequest request, ScaleHubDb db, JobQueue queue, TimeProvider time, CancellationToken cancellationToken)
    {
        if (request.FirstDay.ToDateTime(default, DateTimeKind.Utc) > time.GetUtcNow())
            return TypedResults.Problem("That month has not begun.", statusCode: 400);
        var job = queue.Add(new WriteReport(request.FirstDay, request.Format));
        await db.SaveChangesAsync(cancellationToken);
        return StartedResponse.Of(job);
    }
}

internal sealed class WriteReportHandler(IServiceProvider services, FileWriter files, TimeProvider time) : IJobHandler<WriteReport>
{
    private const long MaxBytes = 10 * 1024 * 1024;

    public async Task HandleAsync(WriteReport job, JobRun run, CancellationToken cancellationToken)
    {
        var report = await Report.OfAsync(await services.OpenCurrentReadsAsync(), job.Month, cancellationToken);
        var now = time.GetUtcNow();
        var (extension, type, content) = job.Format == ReportFormat.Pdf
            ? ("pdf", "application/pdf", ReportPdf.Write(report, now))
            : ("html", DownloadFile.PageType, ReportPage.Write(report, now));
        var file = await files.MakeAsync(new($"report-{job.Month:yyyy-MM}.{extension}", type, ExportDataHandler.Keep, MaxBytes),
            async (stream, ct) => await stream.WriteAsync(content, ct), cancellationToken);
        run.Result = new { fileId = file.Id };
    }
}
