using System.Linq.Expressions;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Microsoft.EntityFrameworkCore;
using ScaleHub.Core.Platform.Postgres;

namespace ScaleHub.Core.Platform.Exports;

/// <summary>The lists that a company can take with it as CSV. Each module adds its own.</summary>
public sealed class ExportCatalogue
{
    /// <summary>How values are written: as the API does.</summary>
    public static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        // The columns are asked for before anything is written, which would set it.
        TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
    };

    private readonly Dictionary<string, ExportableList> _lists = [];

    /// <summary>All lists, by name.</summary>
    public IReadOnlyDictionary<string, ExportableList> Lists => _lists;

    /// <summary>Adds a list.</summary>
    /// <param name="name">Of the list, as in its route.</param>
    /// <param name="role">Who may export it: whoever may read it.</param>
    /// <param name="rows">The company's rows.</param>
    /// <param name="key">Their UUIDv7, which an index of the company's ends in.</param>
    /// <param name="item">The columns, as a projection that runs in the database; the answer's item of the list will do.</param>
    /// <param name="id">The item's UUIDv7.</param>
    /// <exception cref="ArgumentException">There is one of that name already.</exception>
    public ExportCatalogue Add<TRow, TItem>(
        string name, string role, Func<ReadDb, IQueryable<TRow>> rows, Expression<Func<TRow, Guid>> key,
        Expression<Func<TRow, TItem>> item, Func<TItem, Guid> id)
        where TRow : class
    {
        _lists.Add(name, new(name, role, typeof(TRow), [.. Json.GetTypeInfo(typeof(TItem)).Properties.Select(p => p.Name)],
            (db, cancellationToken) => rows(db).LongCountAsync(cancellationToken),
            async (db, after, most, cancellationToken) =>
            {
                var page = await rows(db).Where(Above(key, after)).OrderBy(key).Take(most).Select(item).ToListAsync(cancellationToken);
                return (page.Select(i => JsonSerializer.SerializeToUtf8Bytes(i, Json)), page.Count, page.Count > 0 ? id(page[^1]) : after);
            }));
        return this;
    }

    private static Expression<Func<TRow, bool>> Above<TRow>(Expression<Func<TRow, Guid>> key, Guid last)
    {
        // Through a closure, so that EF sends a parameter and keeps one compiled query.
        Expression<Func<Guid>> value = () => last;
        return Expression.Lambda<Func<TRow, bool>>(Expression.GreaterThan(key.Body, value.Body), key.Parameters);
    }
}

/// <summary>A list that can be exported.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Role">Who may export it.</param>
/// <param name="Entity">What its rows are.</param>
/// <param name="Columns">The names of its columns.</param>
/// <param name="CountAsync">How many rows there are now.</param>
/// <param name="PageAsync">The next rows behind a key, as JSON objects, how many they are, and the key of the last.</param>
public sealed record ExportableList(
    string Name, string Role, Type Entity, IReadOnlyList<string> Columns, Func<ReadDb, CancellationToken, Task<long>> CountAsync,
    Func<ReadDb, Guid, int, CancellationToken, Task<(IEnumerable<byte[]> Rows, int Count, Guid Last)>> PageAsync);
