using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Api.Http;
using ScaleHub.Core.Model;
using ScaleHub.Core.Platform.Tenancy;

namespace ScaleHub.Api.Modules.Companies;

/// <summary>Body of <c>PATCH /api/v1/company</c> (JSON Merge Patch, RFC 7396): a member that is absent stays as it is.</summary>
public sealed class UpdateCompanyRequest : IValidatableObject
{
    private bool _clearsName;

    /// <summary>1 to 200 characters, not only blanks.</summary>
    [StringLength(200, MinimumLength = 1), PlainText]
    public string? Name { get; set => (field, _clearsName) = (value, string.IsNullOrWhiteSpace(value)); }

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (_clearsName) yield return new("A company has a name; it cannot be empty.", [nameof(Name)]);
    }
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
        company.Name = request.Name?.Trim() ?? company.Name;
        if (db.ChangeTracker.HasChanges()) await db.SaveChangesAsync(cancellationToken);
        return TypedResults.Ok(CompanyResponse.Of(company));
    }
}
