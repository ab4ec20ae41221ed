using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Core.Platform.Mail;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Http;
using ScaleHub.Http.Authentication;
using ScaleHub.Modules.Companies;
using ScaleHub.Modules.Identity.Authentication;

namespace ScaleHub.Modules.Identity;

/// <summary>Body of <c>PUT /api/v1/company/erasure</c>.</summary>
/// <param name="Password">The caller's, as a stolen token must not be enough.</param>
[BodyExample("""{ "password": "correct horse battery" }""")]
public sealed record EraseCompanyRequest([property: Required, StringLength(1024)] string Password);

/// <summary>When a company is erased.</summary>
/// <param name="ErasesAt">From then on it cannot be taken back.</param>
public sealed record ErasureResponse(DateTimeOffset ErasesAt);

/// <summary><c>PUT /api/v1/company/erasure</c>: the company, and everything it has, goes in 30 days.</summary>
public static class EraseCompany
{
    /// <summary>How long the owner can think better of it.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromDays(30);

    /// <summary>
    /// Has the company erased in 30 days, with everything it has. Until then all goes on, and <c>DELETE</c> takes it back. The owners
    /// are told by mail. A second call leaves the date as it is.
    /// </summary>
    public static async Task<Results<Ok<ErasureResponse>, ProblemHttpResult>> HandleAsync(
        EraseCompanyRequest request, AccessToken me, ScaleHubDb db, Passwords passwords, SignInLimits limits, JobQueue queue,
        HttpContext http, TimeProvider time, CancellationToken cancellationToken)
    {
        var user = await db.Users.AsNoTracking().SingleAsync(u => u.Id == me.UserId, cancellationToken);
        if (await CreateTotp.CheckPasswordAsync(user, request.Password, passwords, limits, http, cancellationToken) is { } refused) return refused;
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var company = await db.Companies.FromSql($"select * from companies where id = {me.CompanyId} for no key update")
            .SingleAsync(cancellationToken);
        if (company.EraseAt is null)
        {
            company.EraseAt = time.GetDatabaseNow() + Grace;
            var owners = await db.OwnersToTell().Select(u => u.Email).ToListAsync(cancellationToken);
            foreach (var owner in owners)
                queue.Add(new SendMail(owner, "Your company will be erased",
                    [FormattableString.Invariant($"{user.Email} has asked that {company.Name} and everything it has be erased on {company.EraseAt:d MMMM yyyy}."),
                     "Until then all goes on. An owner can take it back, and can export all data."]));
            await db.SaveChangesAsync(cancellationToken);
            await transaction.CommitAsync(CancellationToken.None);
        }
        return TypedResults.Ok(new ErasureResponse(company.EraseAt.Value));
    }
}

/// <summary><c>DELETE /api/v1/company/erasure</c>: the company stays.</summary>
public static class KeepCompany
{
    /// <summary>Takes the erasure back. 404 when the company is not to be erased, and 409 when its date has come.</summary>
    public static async Task<Results<NoContent, NotFound, ProblemHttpResult>> HandleAsync(
        AccessToken me, ScaleHubDb db, TimeProvider time, CancellationToken cancellationToken)
    {
        // The job that erases takes the same lock: either it has begun by now (409 below), or it will find no date.
        var company = await db.Companies.FromSql($"select * from companies where id = {me.CompanyId} for no key update")
            .SingleAsync(cancellationToken);
        if (company.EraseAt is not { } at) return TypedResults.NotFound();
        if (at <= time.GetDatabaseNow()) return TypedResults.Problem("The date has come: the company is being erased.", statusCode: 409);
        company.EraseAt = null;
        await db.SaveChangesAsync(cancellationToken);
        return TypedResults.NoContent();
    }
}
