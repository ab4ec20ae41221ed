using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;

namespace ScaleHub.Modules.Companies;

/// <summary>A company as its people see it.</summary>
/// <param name="Id">UUIDv7.</param>
/// <param name="Name">1 to 200 characters.</param>
/// <param name="Plan"><c>FREE</c>, <c>BASIC</c>, <c>PROFESSIONAL</c> or <c>ENTERPRISE</c>.</param>
/// <param name="CreatedAt">When it registered.</param>
/// <param name="ErasesAt">When it is erased with everything it has, as an owner asked for; null: it stays.</param>
public sealed record CompanyResponse(Guid Id, string Name, string Plan, DateTimeOffset CreatedAt, DateTimeOffset? ErasesAt)
{
    internal static CompanyResponse From(Company company) => new(company.Id, company.Name, company.Plan, company.CreatedAt, company.EraseAt);
}

/// <summary><c>GET /api/v1/company</c>: the caller's company.</summary>
public static class GetCompany
{
    /// <summary>Shows the company.</summary>
    public static async Task<Ok<CompanyResponse>> HandleAsync(ReadDb db, Tenant tenant, CancellationToken cancellationToken)
    {
        var id = tenant.RequiredCompanyId;
        return TypedResults.Ok(CompanyResponse.From(await db.Companies.SingleAsync(c => c.Id == id, cancellationToken)));
    }
}
