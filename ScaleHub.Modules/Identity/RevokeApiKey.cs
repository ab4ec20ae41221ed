using Microsoft.AspNetCore.Http.HttpResults;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Modules.Identity.Authentication;

namespace ScaleHub.Modules.Identity;

/// <summary><c>DELETE /api/v1/api-keys/{id}</c>: a key ends.</summary>
public static class RevokeApiKey
{
    /// <summary>Revokes a key: it fails on every instance in under a second.</summary>
    public static async Task<Results<NoContent, NotFound>> HandleAsync(
        Guid id, ScaleHubDb db, ApiKeys keys, CancellationToken cancellationToken)
    {
        await keys.WillChangeAsync(db.UnitOfWork, [id]);
        return await db.Audit.ExecuteAsync("api_key.revoked", $"""
            delete from api_keys where id = {id}
            returning id as subject_id, jsonb_build_object('name', jsonb_build_object('from', name)) as detail
            """, cancellationToken) > 0
            ? TypedResults.NoContent()
            : TypedResults.NotFound();
    }
}
