using System.Linq.Expressions;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.EntityFrameworkCore;

namespace ScaleHub.Http.Paging;

/// <summary>A page that was asked for, without the request: it can be read after the request is over.</summary>
/// <param name="Cursors">Signs where the page ends.</param>
/// <param name="List">What a cursor is bound to.</param>
/// <param name="Limit">Most items.</param>
/// <param name="After">The key of the last item of the page before; null on the first page and by number.</param>
/// <param name="Page">The page's number, from 1.</param>
/// <param name="Path">Of the list, for links.</param>
/// <param name="Others">The list's other parameters, for links.</param>
internal sealed record PageRequest(
    Cursors Cursors, string List, int Limit, Guid? After, int? Page, string Path, List<KeyValuePair<string, string?>> Others)
{
    // A cache key has at most 1,024 characters; a longer list is hashed.
    private const int MaxListInKey = 500;

    /// <summary>What tells this page from every other, in a cache.</summary>
    public string Key(string name)
    {
        var list = List.Length <= MaxListInKey ? List : Convert.ToHexString(SHA256.HashData(MemoryMarshal.AsBytes(List.AsSpan())));
        return $"{name}:{Limit}:{After:N}:{Page}:{list}";
    }

    /// <summary>Reads the page, newest first, and where to go from it (RFC 8288).</summary>
    public async Task<(PagedList<TItem> List, string? Link)> NewestFirstAsync<TRow, TItem>(
        Func<PageBounds, IQueryable<TRow>> rows, Expression<Func<TRow, Guid>> key, Expression<Func<TRow, TItem>> item,
        CancellationToken cancellationToken)
        where TRow : class
    {
        var within = rows(new(After, ((Page ?? 1) * Limit) + 1));
        var wanted = Page is { } skipped ? within.OrderByDescending(key).Skip((skipped - 1) * Limit)
            : After is { } last ? within.Where(Below(key, last)).OrderByDescending(key)
            : within.OrderByDescending(key);
        // One row more than asked for tells whether there is another page.
        var found = await wanted.Take(Limit + 1).Select(Keyed(key, item)).ToListAsync(cancellationToken);
        var more = found.Count > Limit;
        var info = new PageInfo(Limit, more ? Cursors.Write(List, found[Limit - 1].Key) : null, more);
        if (Page is not null)
        {
            var total = await rows(new(null, PageQuery.MaxRow + 1)).Take(PageQuery.MaxRow + 1).CountAsync(cancellationToken);
            info = info with { Number = Page, Total = Math.Min(total, PageQuery.MaxRow), TotalIsExact = total <= PageQuery.MaxRow };
        }
        return (new([.. found.Take(Limit).Select(f => f.Item)], info), Links(info));
    }

    private string? Links(PageInfo info)
    {
        var links = new List<string>(2);
        if (info.HasMore) links.Add(Page is { } number ? Link("next", "page", $"{number + 1}") : Link("next", "cursor", info.NextCursor!));
        if (Page is > 1) links.Add(Link("prev", "page", $"{Page - 1}"));
        return links.Count > 0 ? string.Join(", ", links) : null;
    }

    private string Link(string relation, string parameter, string value)
        => $"<{QueryHelpers.AddQueryString(Path, Others.Append(new(parameter, value)))}>; rel=\"{relation}\"";

    private static Expression<Func<TRow, bool>> Below<TRow>(Expression<Func<TRow, Guid>> key, Guid last)
    {
        // Through a closure, so that EF sends a parameter and keeps one compiled query.
        Expression<Func<Guid>> value = () => last;
        return Expression.Lambda<Func<TRow, bool>>(Expression.LessThan(key.Body, value.Body), key.Parameters);
    }

    private static Expression<Func<TRow, KeyedItem<TItem>>> Keyed<TRow, TItem>(
        Expression<Func<TRow, Guid>> key, Expression<Func<TRow, TItem>> item)
    {
        var row = item.Parameters[0];
        var keyBody = new Substitute(key.Parameters[0], row).Visit(key.Body);
        return Expression.Lambda<Func<TRow, KeyedItem<TItem>>>(
            Expression.MemberInit(Expression.New(typeof(KeyedItem<TItem>)),
                Expression.Bind(typeof(KeyedItem<TItem>).GetProperty(nameof(KeyedItem<>.Key))!, keyBody),
                Expression.Bind(typeof(KeyedItem<TItem>).GetProperty(nameof(KeyedItem<>.Item))!, item.Body)),
            row);
    }

    private sealed class Substitute(ParameterExpression from, ParameterExpression to) : ExpressionVisitor
    {
        protected override Expression VisitParameter(ParameterExpression node) => node == from ? to : node;
    }

    private sealed class KeyedItem<TItem>
    {
        public required Guid Key { get; init; }

        public required TItem Item { get; init; }
    }
}
