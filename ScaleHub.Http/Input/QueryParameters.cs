using ScaleHub.Http.Errors;

namespace ScaleHub.Http.Input;

/// <summary>What holds for the query of every request to the API.</summary>
public static class QueryParameters
{
    /// <summary>
    /// No parameter is a list, so a parameter that comes twice is a mistake. The answer is 400 and names it, because the API cannot
    /// know which value the client meant.
    /// </summary>
    public static void UseQueryRules(this WebApplication app) => app.Use((context, next) =>
    {
        if (context.Request.QueryString.HasValue && context.Request.Path.StartsWithSegments("/api"))
        {
            foreach (var (name, values) in context.Request.Query)
                if (values.Count > 1)
                    throw new BadRequestException($"The parameter {name} is given {values.Count} times. Give it once.");
        }
        return next(context);
    });
}
