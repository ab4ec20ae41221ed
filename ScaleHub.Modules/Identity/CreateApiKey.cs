using System.ComponentModel.DataAnnotations;
using System.Linq.Expressions;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http;
using ScaleHub.Http.Authentication;
using ScaleHub.Http.Errors;
using ScaleHub.Http.Input;
using ScaleHub.Modules.Identity.Authentication;

namespace ScaleHub.Modules.Identity;

/// <summary>Body of <c>POST /api/v1/api-keys</c>.</summary>
/// <param name="Name">What it is for, 1 to 100 characters.</param>
/// <param name="Role"><c>member</c> by default, or <c>admin</c>.</param>
/// <param name="ExpiresInDays">After how many days it stops working, 1 to 3650; absent: never.</param>
[BodyExample("""{ "name": "Nightly import", "role": "member", "expiresInDays": 90 }""")]
public sealed record CreateApiKeyRequest(
    [property: Required, Text(100, 1)] string Name,
    [property: AllowedValues(Roles.Admin, Roles.Member, ErrorMessage = "Use admin or member.")] string Role = Roles.Member,
    [property: Range(1, 3650)] int? ExpiresInDays = null);

/// <summary>A key as the company's admins see it; the key itself is shown once, when it is made.</summary>
/// <param name="Id">UUIDv7.</param>
/// <param name="Name">What it is for.</param>
/// <param name="Role">What it may do.</param>
/// <param name="CreatedBy">Who made it.</param>
/// <param name="CreatedAt">When.</param>
/// <param name="ExpiresAt">When it stops working; null: never.</param>
/// <param name="LastUsedAt">When it was last used, exact to a minute; null: never.</param>
public record ApiKeyResponse(
    Guid Id, string Name, string Role, Guid CreatedBy, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt, DateTimeOffset? LastUsedAt)
{
    internal static readonly Expression<Func<ApiKey, ApiKeyResponse>> Projection = k => new(
        k.Id, k.Name, k.Role, k.CreatedBy, k.CreatedAt, k.ExpiresAt, k.LastUsedAt);
}

/// <summary>A new key.</summary>
/// <param name="Id">UUIDv7.</param>
/// <param name="Key">The key: send it as <c>Authorization: Bearer shk_…</c>. It is not shown again.</param>
/// <param name="Role">What it may do.</param>
/// <param name="ExpiresAt">When it stops working; null: never.</param>
public sealed record CreateApiKeyResponse(Guid Id, string Key, string Role, DateTimeOffset? ExpiresAt);

/// <summary><c>POST /api/v1/api-keys</c>: a key for a machine.</summary>
public static class CreateApiKey
{
    /// <summary>
    /// Makes a key, which acts in the name of whoever makes it, in the role that is asked for. The answer is the only place where
    /// the key can be seen, so no repetition of the request gets it again: it makes another.
    /// </summary>
    public static async Task<Results<Created<CreateApiKeyResponse>, ProblemHttpResult>> HandleAsync(
        CreateApiKeyRequest request, AccessToken me, ScaleHubDb db, ApiKeys keys, TimeProvider time, CancellationToken cancellationToken)
    {
        var now = time.GetDatabaseNow();
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        // Locks the company, so that concurrent requests cannot exceed the maximum.
        await db.Database.ExecuteSqlAsync($"select from companies where id = {me.CompanyId} for no key update", cancellationToken);
        if (await db.ApiKeys.CountAsync(cancellationToken) >= ApiKey.MostPerCompany)
            return Problems.Conflict("name", $"The company has {ApiKey.MostPerCompany} keys. Revoke those that nobody uses.");
        var id = Guid.CreateVersion7(now);
        var token = keys.Create(me.CompanyId, id);
        var key = new ApiKey
        {
            CompanyId = me.CompanyId,
            Id = id,
            Name = request.Name,
            Role = request.Role,
            KeyHash = token.Hash,
            CreatedBy = me.UserId,
            CreatedAt = now,
            ExpiresAt = request.ExpiresInDays is { } days ? now.AddDays(days) : null,
        };
        db.ApiKeys.Add(key);
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(CancellationToken.None);
        return TypedResults.Created($"/api/v1/api-keys/{id}", new CreateApiKeyResponse(id, token.Text, key.Role, key.ExpiresAt));
    }
}
