using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http;
using ScaleHub.Http.Input;

namespace ScaleHub.Modules.Companies;

/// <summary>Body of <c>PATCH /api/v1/company</c> (JSON Merge Patch, RFC 7396): a member that is absent stays as it is.</summary>
[BodyExample("""{ "name": "Example Ltd" }""")]
public sealed record UpdateCompanyRequest
{
    /// <summary>1 to 200 characters, not only blanks.</summary>
    [Text(200, 1), NotCleared]
    public Optional<string> Name { get; init; }
}

/// <summary><c>PATCH /api/v1/company</c>: changes the profile.</summary>
public static class UpdateCompany
{
    /// <summary>Changes the members that are given.</summary>
    public static async Task<Ok<CompanyResponse>> HandleAsync(
        UpdateCompanyRequest request, ScaleHubDb db, Tenant tenant, CancellationToken cancellationToken)
    {
        var id = tenant.RequiredCompanyId;
        var company = await db.Companies.SingleAsync(c => c.Id == id, cancellationToken);
        company.Name = request.Name.Or(company.Name).Trim();
        if (db.ChangeTracker.HasChanges()) await db.SaveChangesAsync(cancellationToken);
        return TypedResults.Ok(CompanyResponse.From(company));
    }
}
