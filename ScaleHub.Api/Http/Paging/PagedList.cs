using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Linq.Expressions;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Tenancy;

namespace ScaleHub.Api.Http.Paging;

/// <summary>One page of a list.</summary>
/// <param name="Items">The rows.</param>
/// <param name="Page">Where the page stands.</param>
public sealed record PagedList<T>(IReadOnlyList<T> Items, PageInfo Page);

/// <summary>Where a page stands in its list.</summary>
/// <param name="Limit">Most items that a page has.</param>
/// <param name="NextCursor">Send as <c>cursor</c> for the next page; null on the last.</param>
/// <param name="HasMore">Whether there is a next page.</param>
public sealed record PageInfo(int Limit, string? NextCursor, bool HasMore);

/// <summary>
/// What a list endpoint takes, and the one way to answer it. A page costs the same however deep it is: the cursor is a key to seek,
/// not a number of rows to skip.
/// </summary>
public sealed record PageQuery(
    [property: FromQuery(Name = "limit"), Range(1, PageQuery.MaxLimit), Description("Items per page, 1 to 100; 25 by default.")] int? Limit,
    [property: FromQuery(Name = "cursor"), Description("page.nextCursor of the page before.")] string? Cursor,
    HttpContext Http, Cursors Cursors, Tenant Tenant)
{
    /// <summary>Items per page when the client does not say.</summary>
    public const int DefaultLimit = 25;

    /// <summary>Most items per page.</summary>
    public const int MaxLimit = 100;

    /// <summary>Newest first, by a UUIDv7 key: one seek in an index that ends in it.</summary>
    /// <param name="rows">The filtered rows.</param>
    /// <param name="key">Their key.</param>
    /// <param name="item">The answer's item, as a projection that runs in the database.</param>
    /// <param name="cancellationToken">Ends the query.</param>
    /// <exception cref="Errors.BadRequestException">400: the cursor is not one of this list.</exception>
    public async Task<PagedList<TItem>> NewestFirstAsync<TRow, TItem>(
        IQueryable<TRow> rows, Expression<Func<TRow, Guid>> key, Expression<Func<TRow, TItem>> item, CancellationToken cancellationToken)
        where TRow : class
    {
        var limit = Limit ?? DefaultLimit;
        if (Cursor is not null) rows = rows.Where(Below(key, Cursors.Read(List, Cursor)));
        // One row more than asked for tells whether there is another page.
        var found = await rows.OrderByDescending(key).Take(limit + 1)
            .Select(Keyed(key, item)).ToListAsync(cancellationToken);
        var more = found.Count > limit;
        var next = more ? Cursors.Write(List, found[limit - 1].Key) : null;
        if (next is not null) Http.Response.Headers.Link = $"<{Url(next)}>; rel=\"next\"";
        return new([.. found.Take(limit).Select(f => f.Item)], new(limit, next, more));
    }

    /// <summary>What a cursor is bound to: company, route, and every parameter but those of paging.</summary>
    private string List => string.Join('\n', [
        Tenant.RequiredCompanyId.ToString(), Http.Request.Path.Value!, "-id",
        .. Http.Request.Query.Where(p => !IsPaging(p.Key)).OrderBy(p => p.Key, StringComparer.OrdinalIgnoreCase)
            .Select(p => $"{p.Key.ToLowerInvariant()}={p.Value}")]);

    private static bool IsPaging(string name)
        => name.Equals("cursor", StringComparison.OrdinalIgnoreCase) || name.Equals("limit", StringComparison.OrdinalIgnoreCase);

    private string Url(string cursor)
    {
        var query = Http.Request.Query.Where(p => !p.Key.Equals("cursor", StringComparison.OrdinalIgnoreCase))
            .SelectMany(p => p.Value, (p, value) => KeyValuePair.Create(p.Key, value));
        return QueryHelpers.AddQueryString(Http.Request.PathBase + Http.Request.Path, query.Append(new("cursor", cursor)));
    }

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

/// <summary>Registers paging.</summary>
public static class PagingExtensions
{
    /// <summary>Cursors are signed with a key derived from <c>ScaleHub:Secret</c>.</summary>
    public static void AddPaging(this WebApplicationBuilder builder) => builder.Services.AddSingleton<Cursors>();
}
