using System.Linq.Expressions;
using System.Text.Json.Nodes;
using ScaleHub.Core.Platform.Auditing;

namespace ScaleHub.Modules.Audit;

/// <summary>An entry of the audit log.</summary>
/// <param name="Id">UUIDv7.</param>
/// <param name="CreatedAt">When it happened.</param>
/// <param name="Actor">
/// Who acted: a user, an API key, the platform with its operators, or the system, which is a job that nobody caused or somebody who
/// had not signed in.
/// </param>
/// <param name="UserId">The user who acted, or in whose name a key or a job did.</param>
/// <param name="ApiKeyId">The API key that acted.</param>
/// <param name="Action">What happened: <c>task.updated</c>.</param>
/// <param name="SubjectId">What it happened to.</param>
/// <param name="Changes">
/// The members that changed: <c>{"title": {"from": "old", "to": "new"}}</c>. What came into being has <c>to</c> alone, what went has
/// <c>from</c> alone, and a secret has <c>changed</c>. Texts are cut after 1,000 characters; <c>cut: true</c> says that members are
/// missing.
/// </param>
/// <param name="TraceId">The trace of the request, which is also the <c>traceId</c> of a problem.</param>
public sealed record AuditEntryResponse(
    Guid Id, DateTimeOffset CreatedAt, AuditActor Actor, Guid? UserId, Guid? ApiKeyId, string Action, Guid? SubjectId, JsonNode Changes,
    string? TraceId)
{
    internal static readonly Expression<Func<AuditEntry, AuditEntryResponse>> Projection = e => new(
        e.Id, e.CreatedAt, e.Actor, e.UserId, e.ApiKeyId, e.Action, e.SubjectId, Read(e.Detail), e.TraceId);

    private static JsonNode Read(string json) => JsonNode.Parse(json)!;
}
