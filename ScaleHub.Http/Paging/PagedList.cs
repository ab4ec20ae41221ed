using System.Collections.Concurrent;
using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Linq.Expressions;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Mvc;
using ScaleHub.Core.Platform.Caching;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http.Caching;
using ScaleHub.Http.Errors;

namespace ScaleHub.Http.Paging;

/// <summary>One page of a list.</summary>
/// <param name="Items">The rows.</param>
/// <param name="Page">Where the page stands.</param>
public sealed record PagedList<T>(IReadOnlyList<T> Items, PageInfo Page);

/// <summary>Where a page stands in its list.</summary>
/// <param name="Limit">Most items that a page has.</param>
/// <param name="NextCursor">Send as <c>cursor</c> for the next page; null on the last.</param>
/// <param name="HasMore">Whether there is a next page.</param>
/// <param name="Number">The page's number, from 1; only when asked for by number.</param>
/// <param name="Total">Items in the list, counted up to 10,000; only when asked for by number.</param>
/// <param name="TotalIsExact">False when the list is longer than <paramref name="Total"/>.</param>
public sealed record PageInfo(
    int Limit, string? NextCursor, bool HasMore,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Number = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Total = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? TotalIsExact = null);

/// <summary>The rows that a page needs of a list that runs newest first.</summary>
/// <param name="Before">The key that they are below; null from the first.</param>
/// <param name="Most">How many.</param>
public readonly record struct PageBounds(Guid? Before, int Most);

/// <summary>Items per page, by how heavy an item is; a slice names one as its default.</summary>
public static class PageSize
{
    /// <summary>Items with documents in them.</summary>
    public const int Small = 10;

    /// <summary>Most lists.</summary>
    public const int Medium = 25;

    /// <summary>Light items.</summary>
    public const int Large = 50;

    /// <summary>The most that a client may ask for.</summary>
    public const int XLarge = 100;
}

/// <summary>
/// What a list endpoint takes, and the one way to answer it. By cursor a page costs the same however deep it is: the cursor is a
/// key to seek, not a number of rows to skip. By number it costs what it skips, so that ends at row 10,000.
/// </summary>
public sealed record PageQuery(
    [property: FromQuery(Name = "limit"), Range(1, PageSize.XLarge), Description("Items per page, 1 to 100.")] int? Limit,
    [property: FromQuery(Name = "cursor"), Description("page.nextCursor of the page before.")] string? Cursor,
    [property: FromQuery(Name = "page"), Range(1, PageQuery.MaxRow), Description("A page's number, from 1, instead of a cursor.")] int? Page,
    HttpContext Http)
{
    /// <summary>The last row that a page number reaches, and the most that a total counts.</summary>
    public const int MaxRow = 10_000;

    // Found once for each endpoint, of which there are as many as routes.
    private static readonly ConcurrentDictionary<Endpoint, string[]> FilterNames = new();

    // Not a parameter: validation reads every property of a parameter's type, and a tenant without a company, as a public list
    // has, throws.
    private Tenant Tenant => Http.RequestServices.GetRequiredService<Tenant>();

    /// <summary>Newest first, by a UUIDv7 key: one seek in an index that ends in it.</summary>
    /// <param name="rows">The filtered rows.</param>
    /// <param name="key">Their key.</param>
    /// <param name="item">The answer's item, as a projection that runs in the database.</param>
    /// <param name="cancellationToken">Ends the query.</param>
    /// <param name="size">Items per page when the client does not say.</param>
    /// <exception cref="BadRequestException">400: the cursor is not one of this list, or the page is too far.</exception>
    public Task<PagedList<TItem>> NewestFirstAsync<TRow, TItem>(
        IQueryable<TRow> rows, Expression<Func<TRow, Guid>> key, Expression<Func<TRow, TItem>> item,
        CancellationToken cancellationToken, int size = PageSize.Medium)
        where TRow : class
        => NewestFirstAsync(_ => rows, key, item, cancellationToken, size);

    /// <summary>
    /// The same for rows that a function of the database finds: it must be told where the page begins and how many rows it needs,
    /// as the query around a function cannot limit what happens in it.
    /// </summary>
    /// <param name="rows">The rows within the bounds; asked twice by number, for the page and for the total.</param>
    /// <param name="key">Their key.</param>
    /// <param name="item">The answer's item, as a projection that runs in the database.</param>
    /// <param name="cancellationToken">Ends the query.</param>
    /// <param name="size">Items per page when the client does not say.</param>
    /// <exception cref="BadRequestException">400: the cursor is not one of this list, or the page is too far.</exception>
    public async Task<PagedList<TItem>> NewestFirstAsync<TRow, TItem>(
        Func<PageBounds, IQueryable<TRow>> rows, Expression<Func<TRow, Guid>> key, Expression<Func<TRow, TItem>> item,
        CancellationToken cancellationToken, int size = PageSize.Medium)
        where TRow : class
    {
        var (list, link) = await Read(size).NewestFirstAsync(rows, key, item, cancellationToken);
        if (link is not null) Http.Response.Headers.Link = link;
        return list;
    }

    /// <summary>The same from a cache, which has the page as it is sent.</summary>
    /// <param name="cache">Whose list it is.</param>
    /// <param name="name">The namespace of its entries.</param>
    /// <param name="rows">The filtered rows. May run after the request: it must not use what belongs to it.</param>
    /// <param name="key">Their key.</param>
    /// <param name="item">The answer's item, as a projection that runs in the database.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <param name="size">Items per page when the client does not say.</param>
    /// <param name="times">How long a page lasts in the cache.</param>
    /// <exception cref="BadRequestException">400: the cursor is not one of this list, or the page is too far.</exception>
    public async Task<CachedOk<PagedList<TItem>>> NewestFirstAsync<TRow, TItem>(
        ScopedCache cache, string name, Func<ReadDb, IQueryable<TRow>> rows, Expression<Func<TRow, Guid>> key,
        Expression<Func<TRow, TItem>> item, CancellationToken cancellationToken, int size = PageSize.Medium, CacheTimes? times = null)
        where TRow : class
    {
        var request = Read(size);
        return new(await cache.LoadAsync(
            request.Key(name),
            async services =>
            {
                var (list, link) = await request.NewestFirstAsync(
                    _ => rows(services.GetRequiredService<ReadDb>()), key, item, CancellationToken.None);
                return cache.Write(list, link);
            },
            times, cancellationToken: cancellationToken));
    }

    private PageRequest Read(int size)
    {
        var limit = Limit ?? size;
        if (Page is { } number && (Cursor is not null || (long)number * limit > MaxRow))
            throw new BadRequestException(Cursor is not null
                ? "Give a cursor or a page number, not both."
                : $"Page numbers reach to item {MaxRow}. Use page.nextCursor to go on.");
        var cursors = Http.RequestServices.GetRequiredService<Cursors>();
        var (path, filter) = (Path(Http.Request), Filter(Http));
        // A public list has no company. Escaped, so that no value can pass for another parameter.
        var list = string.Join('\n', [
            Tenant.CompanyId?.ToString() ?? "public", path, "-id", .. filter.Select(p => $"{p.Key}={Uri.EscapeDataString(p.Value!)}")]);
        if (limit != size) filter.Add(new("limit", $"{limit}"));
        return new(cursors, list, limit, Cursor is null ? null : cursors.Read(list, Cursor), Page, Http.Request.PathBase + path, filter);
    }

    // Routes take any case, and a slash at the end.
    private static string Path(HttpRequest request) => request.Path.Value!.TrimEnd('/').ToLowerInvariant();

    /// <summary>
    /// The query parameters that the list declares, except those of paging. Other parameters do not change the list. So they are
    /// part of no cursor, no link and no cache key; otherwise anybody could create any number of cache entries with made-up
    /// parameters.
    /// </summary>
    private static List<KeyValuePair<string, string?>> Filter(HttpContext http)
    {
        var filter = new List<KeyValuePair<string, string?>>();
        if (http.GetEndpoint() is not { } endpoint || http.Request.Query.Count == 0) return filter;
        foreach (var name in FilterNames.GetOrAdd(endpoint, NamesOf))
            if (http.Request.Query.TryGetValue(name, out var value)) filter.Add(new(name, value.ToString()));
        return filter;
    }

    private static string[] NamesOf(Endpoint endpoint)
        => [.. endpoint.Metadata.OfType<IParameterBindingMetadata>().Where(IsQuery).Select(NameOf)
            .Where(name => name is not ("limit" or "cursor" or "page")).Order(StringComparer.Ordinal)];

    private static bool IsQuery(IParameterBindingMetadata parameter)
        => parameter.HasTryParse || parameter.ParameterInfo.ParameterType is { IsArray: true }
            || parameter.ParameterInfo.ParameterType == typeof(string);

    private static string NameOf(IParameterBindingMetadata parameter)
        => parameter.ParameterInfo.GetCustomAttributes(inherit: true).OfType<IFromQueryMetadata>().FirstOrDefault()?.Name ?? parameter.Name;
}

/// <summary>Registers paging.</summary>
public static class PagingExtensions
{
    /// <summary>Cursors are signed with a key derived from <c>ScaleHub:Secret</c>.</summary>
    public static void AddPaging(this WebApplicationBuilder builder) => builder.Services.AddSingleton<Cursors>();
}
