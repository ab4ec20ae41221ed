using System.Text.Json;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Quotas;
using ScaleHub.Http.Concurrency;

namespace ScaleHub.Http.Errors;

/// <summary>
/// Every error answers with <c>application/problem+json</c> (RFC 9457), whatever the client accepts, and without a word about the
/// inside: no type names, SQL, paths or stack. The <c>traceId</c> in it leads to the log.
/// <para>What a client can mend is 4xx; what passes by itself is 503 with <c>Retry-After</c>; only a defect is 500.</para>
/// </summary>
public static class ErrorHandling
{
    /// <summary>Registers the writer and the table of exceptions.</summary>
    public static void AddErrors(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<IProblemDetailsWriter, ProblemWriter>();
        builder.Services.AddProblemDetails();
        builder.Services.AddExceptionHandler<ExceptionTable>();
        // The table below turns it into a message that names the parameter; without it a bad request has an empty body.
        builder.Services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = true);
    }

    /// <summary>First in the pipeline, so that nothing escapes it.</summary>
    public static void UseErrors(this WebApplication app)
    {
        app.UseExceptionHandler(new ExceptionHandlerOptions
        {
            SuppressDiagnosticsCallback = context => context.Exception is not null && Expected(context.Exception),
        });
        app.UseStatusCodePages();
    }

    // An outage is one line for each request (RequestLog), not a stack; a defect has its stack.
    private static bool Expected(Exception exception) => ExceptionTable.Find(exception, null).Status != 500;

    private sealed class ProblemWriter : IProblemDetailsWriter
    {
        public bool CanWrite(ProblemDetailsContext context) => true;

        public ValueTask WriteAsync(ProblemDetailsContext context)
        {
            var problem = context.ProblemDetails;
            var response = context.HttpContext.Response;
            var status = problem.Status ??= response.StatusCode;
            // The framework's own type is another URL of the same RFC. Each status has one type, so ours replaces it.
            if (problem.Type?.StartsWith("https://tools.ietf.org/html/rfc", StringComparison.Ordinal) is not false)
                problem.Type = TypeOf(status);
            problem.Title ??= ReasonPhrase(status);
            problem.Detail ??= DetailOf(status);
            if (problem is HttpValidationProblemDetails validation) problem = InClientsTerms(validation);
            problem.Extensions["traceId"] = RequestLog.TraceIdOf(context.HttpContext);
            response.StatusCode = status;
            return new(response.WriteAsJsonAsync(problem, problem.GetType(), (JsonSerializerOptions?)null, "application/problem+json"));
        }

        private static string TypeOf(int status) => status switch
        {
            StatusCodes.Status428PreconditionRequired => "https://www.rfc-editor.org/rfc/rfc6585#section-3",
            StatusCodes.Status429TooManyRequests => "https://www.rfc-editor.org/rfc/rfc6585#section-4",
            StatusCodes.Status431RequestHeaderFieldsTooLarge => "https://www.rfc-editor.org/rfc/rfc6585#section-5",
            _ => $"https://www.rfc-editor.org/rfc/rfc9110#name-{ReasonPhrase(status).ToLowerInvariant().Replace(' ', '-')}",
        };

        // The framework has the names from before RFC 9110 for two.
        private static string ReasonPhrase(int status) => status switch
        {
            StatusCodes.Status413PayloadTooLarge => "Content Too Large",
            StatusCodes.Status422UnprocessableEntity => "Unprocessable Content",
            _ => ReasonPhrases.GetReasonPhrase(status) is { Length: > 0 } phrase ? phrase : $"Status {status}",
        };

        // Where the framework gives no more than a status.
        private static string? DetailOf(int status) => status switch
        {
            StatusCodes.Status401Unauthorized => "The request needs a valid access token.",
            StatusCodes.Status403Forbidden => "Your role does not allow this.",
            StatusCodes.Status413PayloadTooLarge => BadRequestText.TooLarge,
            StatusCodes.Status415UnsupportedMediaType => BadRequestText.MediaType,
            _ => null,
        };

        /// <summary>Members by their JSON names: attributes know the names of C# properties.</summary>
        private static HttpValidationProblemDetails InClientsTerms(HttpValidationProblemDetails problem)
        {
            var errors = new Dictionary<string, string[]>();
            foreach (var (path, messages) in problem.Errors)
            {
                var name = path[(path.LastIndexOf('.') + 1)..];
                errors[string.Join('.', path.Split('.').Select(JsonNamingPolicy.CamelCase.ConvertName))] =
                    [.. messages.Select(m => m.Replace($" {name} ", $" {JsonNamingPolicy.CamelCase.ConvertName(name)} ", StringComparison.Ordinal))];
            }
            problem.Errors = errors;
            return problem;
        }
    }
}

/// <summary>Which answer an exception gets.</summary>
internal sealed class ExceptionTable(IProblemDetailsService problems) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        // Nobody is there to read it; 499 is what nginx logs for the same.
        if (exception is OperationCanceledException && httpContext.RequestAborted.IsCancellationRequested)
        {
            httpContext.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
            return true;
        }
        var (status, detail) = Find(exception, httpContext);
        httpContext.Response.StatusCode = status;
        if (status == StatusCodes.Status503ServiceUnavailable) httpContext.Response.Headers.RetryAfter = "1";
        var problem = new ProblemDetails { Status = status, Detail = detail };
        if (exception is QuotaExceededException quota)
        {
            problem.Extensions["resource"] = quota.Resource;
            problem.Extensions["limit"] = quota.Limit;
            problem.Extensions["used"] = quota.Used;
            problem.Extensions["plan"] = quota.Plan;
            problem.Extensions["upgradeTo"] = quota.UpgradeTo;
            problem.Extensions["resetsAt"] = quota.ResetsAt;
        }
        if (detail is not null && Database(exception) is { } database && !IsDelete(httpContext)
            && Constraints.MemberOf(database) is { } member)
            problem.Extensions.Add(Problems.Errors(member, detail));
        return await problems.TryWriteAsync(new() { HttpContext = httpContext, Exception = exception, ProblemDetails = problem });
    }

    internal static (int Status, string? Detail) Find(Exception exception, HttpContext? http) => exception switch
    {
        BadHttpRequestException bad => (bad.StatusCode,
            BadRequestText.Explain(bad, http?.Features.Get<IExceptionHandlerFeature>()?.Endpoint)),
        // How ReadFromJsonAsync reports a charset that nobody knows.
        InvalidOperationException { InnerException: ArgumentException } e
            when e.Message.StartsWith("Unable to read the request as JSON", StringComparison.Ordinal) => (415, "Send the body as UTF-8."),
        QuotaExceededException => (403, exception.Message),
        PreconditionFailedException => (412, exception.Message),
        NoNodeException => (503, "The database is not available at the moment. Try again shortly."),
        UnavailableException => (503, exception.Message),
        UnconfirmedWriteException => (503, "The change could not be confirmed by a second database server. "
            + "It may have been saved: read the resource before you retry, or retry with an Idempotency-Key."),
        DbUpdateConcurrencyException => (409, "The resource was changed by somebody else meanwhile."),
        DbUpdateException { InnerException: { } inner } => Find(inner, http),
        PostgresException { SqlState: ['2', '2', ..] or PostgresErrorCodes.CheckViolation } => (400, "A value is not valid."),
        PostgresException { SqlState: PostgresErrorCodes.UniqueViolation } => (409, "A resource with this value already exists."),
        // One SQLSTATE has two causes: other rows refer to the row that is deleted, or the row that is written refers to a
        // missing row.
        PostgresException { SqlState: PostgresErrorCodes.ForeignKeyViolation } e => (409, IsDelete(http)
            ? $"The resource is still in use: {Constraints.Referrer(e)} refer to it."
            : "A referenced resource does not exist."),
        _ when DatabaseErrors.IsPassing(exception) => (503, "The database did not answer in time. Try again shortly."),
        _ => (500, null),
    };

    private static PostgresException? Database(Exception exception)
        => exception as PostgresException ?? (exception as DbUpdateException)?.InnerException as PostgresException;

    private static bool IsDelete(HttpContext? http) => http is not null && HttpMethods.IsDelete(http.Request.Method);
}
