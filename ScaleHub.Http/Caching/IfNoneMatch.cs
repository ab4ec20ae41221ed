using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace ScaleHub.Http.Caching;

/// <summary>The header <c>If-None-Match</c> (RFC 9110, 13.1.2).</summary>
internal static class IfNoneMatch
{
    /// <summary>
    /// Whether the client has what the tag stands for. A header that cannot be read is ignored: the client then gets the whole
    /// answer, which is never wrong.
    /// </summary>
    public static bool Has(StringValues header, EntityTagHeaderValue tag)
        => header.Count > 0 && EntityTagHeaderValue.TryParseList(header, out var tags)
            && tags.Any(t => t.Equals(EntityTagHeaderValue.Any) || t.Compare(tag, useStrongComparison: false));
}
