using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using ScaleHub.Core.Platform.Postgres;

namespace ScaleHub.Http;

/// <summary>
/// One request, one transaction of <see cref="ScaleHubDb"/>, around the handler: <c>InTransaction()</c> at the route.
/// <para>Guarantee: an answer below 400 leaves only after everything that the handler wrote is committed, together; with any
/// other answer, and with an exception, nothing is. Each <c>SaveChanges</c> joins the transaction.</para>
/// <para>The handler holds a connection all the while, and nothing is visible to others before it returns: what is slow, or has
/// effects outside the database, belongs in a job.</para>
/// </summary>
public static class RequestTransaction
{
    /// <summary>Runs the handler of the endpoint, or of each endpoint of a group, in one transaction.</summary>
    public static TBuilder InTransaction<TBuilder>(this TBuilder builder) where TBuilder : IEndpointConventionBuilder
        => builder.AddEndpointFilter(async (invocation, next) =>
        {
            await using var transaction = await BeginAsync(invocation.HttpContext);
            var answer = await BufferedAnswer.ExecuteAsync(invocation.HttpContext, await next(invocation));
            if (answer.Succeeded) await transaction.CommitAsync(CancellationToken.None);
            return answer;
        });

    internal static Task<IDbContextTransaction> BeginAsync(HttpContext http)
    {
        var database = http.RequestServices.GetRequiredService<ScaleHubDb>().Database;
        // A statement that fails ends the request; a savepoint for each SaveChanges would cost a round trip.
        database.AutoSavepointsEnabled = false;
        return database.BeginTransactionAsync(http.RequestAborted);
    }
}

/// <summary>
/// The answer of a handler, made but not sent: the commit comes before the first byte. Sending it lets the callbacks of
/// <c>Response.OnStarting</c> run, which then know the position of the commit.
/// </summary>
/// <param name="Status">The status.</param>
/// <param name="Headers">Those that a replay repeats.</param>
/// <param name="Body">Before compression.</param>
internal sealed record BufferedAnswer(int Status, IReadOnlyDictionary<string, string> Headers, byte[] Body) : IResult
{
    private static readonly string[] Kept = [HeaderNames.ContentType, HeaderNames.ETag, HeaderNames.Location];

    /// <summary>Whether the work was done; otherwise it must leave no trace.</summary>
    public bool Succeeded => Status < 400;

    /// <summary>Lets a handler's result write its headers to the response and its body to memory.</summary>
    public static async Task<BufferedAnswer> ExecuteAsync(HttpContext http, object? result)
    {
        var response = http.Response;
        using var buffer = new MemoryStream();
        var client = response.Body;
        response.Body = buffer;
        try
        {
            await (result as IResult ?? TypedResults.Json(result)).ExecuteAsync(http);
            await response.BodyWriter.FlushAsync(http.RequestAborted);
        }
        finally
        {
            response.Body = client;
        }
        var headers = Kept.Where(response.Headers.ContainsKey)
            .ToDictionary(name => name, name => response.Headers[name].ToString());
        return new(response.StatusCode, headers, buffer.ToArray());
    }

    /// <inheritdoc/>
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = Status;
        foreach (var (name, value) in Headers) response.Headers[name] = new StringValues(value);
        if (Body.Length == 0) return;
        response.ContentLength = Body.Length;
        await response.Body.WriteAsync(Body, httpContext.RequestAborted);
    }
}
