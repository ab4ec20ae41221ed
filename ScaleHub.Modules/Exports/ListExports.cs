using Microsoft.AspNetCore.Http.HttpResults;
using ScaleHub.Core.Platform.Exports;
using ScaleHub.Http.Authentication;

namespace ScaleHub.Modules.Exports;

/// <summary>A list that can be exported.</summary>
/// <param name="List">Its name.</param>
/// <param name="Columns">The names of its columns.</param>
public sealed record ExportableListResponse(string List, IReadOnlyList<string> Columns);

/// <summary><c>GET /api/v1/exports</c>: what can be exported.</summary>
public static class ListExports
{
    /// <summary>Shows the lists that the caller may export.</summary>
    public static Ok<IEnumerable<ExportableListResponse>> Handle(ExportCatalogue catalogue, AccessToken me)
        => TypedResults.Ok(catalogue.Lists.Values.Where(l => Access.Allows(l.Role, me.Role)).OrderBy(l => l.Name)
            .Select(l => new ExportableListResponse(l.Name, l.Columns)));
}
