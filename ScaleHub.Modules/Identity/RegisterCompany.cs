using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http;
using ScaleHub.Http.Errors;
using ScaleHub.Http.Input;
using ScaleHub.Modules.Companies;
using ScaleHub.Modules.Identity.Authentication;

namespace ScaleHub.Modules.Identity;

/// <summary>Body of <c>POST /api/v1/auth/register</c>.</summary>
/// <param name="CompanyName">1 to 200 characters.</param>
/// <param name="Email">The owner's address; it signs in to this company alone.</param>
/// <param name="Password">8 to 128 characters; none that is guessed first, nor the company's name or the address.</param>
[BodyExample("""{ "companyName": "Example Ltd", "email": "ada@company.example", "password": "correct horse battery" }""")]
public sealed record RegisterCompanyRequest(
    [property: Required, Text(200, 1)] string CompanyName,
    [property: Required, Email] string Email,
    [property: Required] string Password) : IValidatableObject
{
    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
        => NewPassword.Check(Password, nameof(Password), Email, CompanyName);
}

/// <summary>The new company, its owner, and the owner's tokens.</summary>
public sealed record RegisterCompanyResponse(
    RegisteredCompany Company, RegisteredUser User, string AccessToken, string RefreshToken, int ExpiresIn);

/// <summary>A company as registered.</summary>
public sealed record RegisteredCompany(Guid Id, string Name, string Plan, DateTimeOffset CreatedAt);

/// <summary>A user as registered.</summary>
public sealed record RegisteredUser(Guid Id, string Email, string Role);

/// <summary><c>POST /api/v1/auth/register</c>: a company comes into being with its first user, who owns it.</summary>
public static class RegisterCompany
{
    /// <summary>Registers a company with its owner, who is signed in at once and gets a mail to confirm the address. All of it is saved, or nothing.</summary>
    public static async Task<Results<Created<RegisterCompanyResponse>, ProblemHttpResult>> HandleAsync(
        RegisterCompanyRequest request, ScaleHubDb db, Tenant tenant, Passwords passwords, SignInTokens tokens,
        JobQueue queue, AccountLinks links, HttpContext http, TimeProvider time, CancellationToken cancellationToken)
    {
        if (await db.FindLogin(request.Email).AnyAsync(cancellationToken)) return Taken();
        var now = time.GetDatabaseNow();
        var company = new Company { Id = Guid.CreateVersion7(now), Name = request.CompanyName.Trim(), CreatedAt = now };
        var user = new User
        {
            CompanyId = company.Id,
            Id = Guid.CreateVersion7(now),
            Email = request.Email.Normalize(),
            PasswordHash = await passwords.HashAsync(request.Password, cancellationToken),
            Role = Roles.Owner,
            CreatedAt = now,
        };
        tenant.ActAs(company.Id, user.Id);
        var (accessToken, refreshToken) = await tokens.OpenSessionAsync(db, company.Id, user.Id, user.Role, http);
        db.AddRange(company, user, new Login { Email = Login.Normalize(user.Email), CompanyId = company.Id, UserId = user.Id });
        VerifyEmail.Ask(db, queue, links, user, now);
        try
        {
            await db.SaveChangesAsync(cancellationToken);
        }
        catch (DbUpdateException e) when (e.InnerException is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation, TableName: "logins" })
        {
            // Somebody registered it since the look above.
            return Taken();
        }
        return TypedResults.Created("/api/v1/company", new RegisterCompanyResponse(
            new(company.Id, company.Name, company.Plan, company.CreatedAt), new(user.Id, user.Email, user.Role),
            accessToken, refreshToken, tokens.ExpiresIn));
    }

    private static ProblemHttpResult Taken()
        => Problems.Conflict("email", "This e-mail address is in use already. Sign in, or register with another.");
}
