using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Blobs;
using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Modules.Companies;
using ScaleHub.Modules.Identity.Authentication;

namespace ScaleHub.Modules.Identity;

/// <summary>Finds the companies whose time has come, once an hour, and adds a job for each, a thousand at a time.</summary>
/// <param name="After">The last company of the thousand before.</param>
public sealed record EraseDueCompanies(Guid After = default) : IJob
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
    private const int AtATime = 1000;

    public async Task HandleAsync(EraseDueCompanies job, JobRun run, CancellationToken cancellationToken)
    {
        var now = time.GetDatabaseNow();
        var due = await db.Companies.Where(c => c.EraseAt <= now && c.Id > job.After).OrderBy(c => c.Id).Take(AtATime).Select(c => c.Id)
            .ToListAsync(cancellationToken);
        foreach (var company in due)
            await queue.AddOnceAsync(new EraseCompanyData(company), $"companies.erase {company}", cancellationToken: cancellationToken);
        if (due.Count == AtATime) queue.Add(new EraseDueCompanies(due[^1]));
        await db.SaveChangesAsync(cancellationToken);
        run.Result = new { found = due.Count };
    }
}

internal sealed class EraseCompanyDataHandler(
    ScaleHubDb db, IServiceScopeFactory scopes, IBlobStore blobs, LiveSessions live, ApiKeys keys, TimeProvider time)
    : IJobHandler<EraseCompanyData>
{
    private const int AtATime = 5000;

    public async Task HandleAsync(EraseCompanyData job, JobRun run, CancellationToken cancellationToken)
    {
        if (!await EndAccessAsync(job.CompanyId, cancellationToken)) return;
        await DeleteContentsAsync(job.CompanyId, cancellationToken);
        long all = 0, deleted;
        do
        {
            deleted = await db.Database.SqlQuery<long>($"select erase_rows({job.CompanyId}, {AtATime}) as \"Value\"").SingleAsync(cancellationToken);
            await run.ReportAsync(50, $"{all += deleted} rows", cancellationToken);
        }
        while (deleted > 0);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        // Not audited: the entry is the platform's, below.
        await db.Database.ExecuteSqlAsync($"select erase_company({job.CompanyId})", cancellationToken);
        db.Audit.Add("company.erased", job.CompanyId);
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(CancellationToken.None);
        run.Result = new { rows = all };
    }

    /// <summary>
    /// Nobody signs in any more, and whoever is signed in is not. False: the company is not to be erased, or is gone; nothing was done.
    /// </summary>
    private async Task<bool> EndAccessAsync(Guid company, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateScopeOf(company);
        var theirs = scope.ServiceProvider.GetRequiredService<ScaleHubDb>();
        await using var transaction = await theirs.Database.BeginTransactionAsync(cancellationToken);
        var now = time.GetDatabaseNow();
        // KeepCompany takes the same lock. If it was first, there is no date any more; if it comes second, it is refused.
        if (await theirs.Companies.FromSql($"select * from companies where id = {company} and erase_at <= {now} for no key update")
            .AsNoTracking().SingleOrDefaultAsync(cancellationToken) is null) return false;
        await live.WillChangeAsync(theirs.UnitOfWork, company, await theirs.Sessions.Select(s => s.Id).ToListAsync(cancellationToken));
        await keys.WillChangeAsync(theirs.UnitOfWork, await theirs.ApiKeys.Select(k => k.Id).ToListAsync(cancellationToken));
        // Not audited: the log goes as well.
        await theirs.Logins.Where(l => l.CompanyId == company).ExecuteDeleteAsync(cancellationToken);
        await theirs.Sessions.ExecuteDeleteAsync(cancellationToken);
        await theirs.ApiKeys.ExecuteDeleteAsync(cancellationToken);
        // What runs stops when its lease is to be renewed, and commits nothing; a file that it writes goes with it (FileWriter).
        await theirs.Database.ExecuteSqlAsync($"delete from jobs where company_id = {company}", cancellationToken);
        await transaction.CommitAsync(CancellationToken.None);
        return true;
    }

    // The contents of files only; their rows are deleted with all other rows. If a later step fails, the next run finds no
    // contents.
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
