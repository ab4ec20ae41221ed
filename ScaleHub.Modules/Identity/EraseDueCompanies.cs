using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Blobs;
using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Modules.Companies;
using ScaleHub.Modules.Identity.Authentication;

namespace ScaleHub.Modules.Identity;

/// <summary>Finds the companies whose time has come, once an hour, and adds a job for each.</summary>
public sealed record EraseDueCompanies : IJob
{
    /// <inheritdoc/>
    public static string Kind => "companies.find_due";
}

/// <summary>
/// Erases a company, as the platform: its people are signed out, then its rows go in small transactions. A run that fails goes on where
/// it was.
/// </summary>
/// <param name="CompanyId">Whose time has come.</param>
public sealed record EraseCompanyData(Guid CompanyId) : IJob
{
    /// <inheritdoc/>
    public static string Kind => "companies.erase";

    /// <inheritdoc/>
    public static JobPolicy Policy { get; } = new() { InTransaction = false, Timeout = TimeSpan.FromHours(2) };
}

internal sealed class EraseDueCompaniesHandler(ScaleHubDb db, JobQueue queue, TimeProvider time) : IJobHandler<EraseDueCompanies>
{
    private const int AtATime = 100;

    public async Task HandleAsync(EraseDueCompanies job, JobRun run, CancellationToken cancellationToken)
    {
        var now = time.GetDatabaseNow();
        var due = await db.Companies.Where(c => c.EraseAt <= now).OrderBy(c => c.EraseAt).Take(AtATime).Select(c => c.Id)
            .ToListAsync(cancellationToken);
        foreach (var company in due)
            await queue.AddOnceAsync(new EraseCompanyData(company), $"companies.erase {company}", cancellationToken: cancellationToken);
        run.Result = new { found = due.Count };
    }
}

internal sealed class EraseCompanyDataHandler(ScaleHubDb db, IServiceScopeFactory scopes, IBlobStore blobs, LiveSessions live, ApiKeys keys)
    : IJobHandler<EraseCompanyData>
{
    private const int AtATime = 5000;

    public async Task HandleAsync(EraseCompanyData job, JobRun run, CancellationToken cancellationToken)
    {
        if (!await db.Companies.AnyAsync(c => c.Id == job.CompanyId, cancellationToken)) return;
        await EndAccessAsync(job.CompanyId, cancellationToken);
        await DeleteContentsAsync(job.CompanyId, cancellationToken);
        long all = 0, deleted;
        do
        {
            deleted = await db.Database.SqlQuery<long>($"select erase_rows({job.CompanyId}, {AtATime}) as \"Value\"").SingleAsync(cancellationToken);
            await run.ReportAsync(50, $"{all += deleted} rows", cancellationToken);
        }
        while (deleted > 0);
        // Not audited: the entry is the platform's, below.
        await db.Database.ExecuteSqlAsync($"select erase_company({job.CompanyId})", cancellationToken);
        db.Audit.Add("company.erased", job.CompanyId);
        await db.SaveChangesAsync(cancellationToken);
        run.Result = new { rows = all };
    }

    // Whoever is signed in must not write meanwhile; and nobody signs in any more.
    private async Task EndAccessAsync(Guid company, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateScopeOf(company);
        var theirs = scope.ServiceProvider.GetRequiredService<ScaleHubDb>();
        await using var transaction = await theirs.Database.BeginTransactionAsync(cancellationToken);
        var sessions = await theirs.Sessions.Select(s => s.Id).ToListAsync(cancellationToken);
        await live.WillChangeAsync(theirs.UnitOfWork, company, sessions);
        await keys.WillChangeAsync(theirs.UnitOfWork, await theirs.ApiKeys.Select(k => k.Id).ToListAsync(cancellationToken));
        // Not audited: the log goes as well.
        await theirs.Logins.Where(l => l.CompanyId == company).ExecuteDeleteAsync(cancellationToken);
        await theirs.Sessions.ExecuteDeleteAsync(cancellationToken);
        await theirs.ApiKeys.ExecuteDeleteAsync(cancellationToken);
        await transaction.CommitAsync(CancellationToken.None);
    }

    // Of files; a run that fails behind it finds none the next time. Their rows go with all others.
    private async Task DeleteContentsAsync(Guid company, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateScopeOf(company);
        var theirs = scope.ServiceProvider.GetRequiredService<ScaleHubDb>();
        List<Guid> page;
        var last = Guid.Empty;
        do
        {
            page = await theirs.Database.SqlQuery<Guid>($"select id as \"Value\" from files where id > {last} order by id limit {AtATime}")
                .ToListAsync(cancellationToken);
            foreach (var file in page) await blobs.DeleteAsync(new(company, last = file), cancellationToken);
        }
        while (page.Count == AtATime);
    }
}
