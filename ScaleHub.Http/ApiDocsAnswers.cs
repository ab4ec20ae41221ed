using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc.ModelBinding;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Net.Http.Headers;
using Microsoft.OpenApi;
using ScaleHub.Http.Authentication;
using ScaleHub.Http.Concurrency;
using ScaleHub.Http.Idempotency;
using ScaleHub.Http.RateLimiting;

namespace ScaleHub.Http;

/// <summary>
/// What the mechanisms around an endpoint ask and answer, for its description: it follows from the endpoint's metadata, so that a
/// route table says only what its endpoints answer themselves.
/// </summary>
internal static class ApiDocsAnswers
{
    public static Task AddAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        // The use case: a class of its own for each operation.
        if (metadata.OfType<MethodInfo>().FirstOrDefault()?.DeclaringType is { } useCase)
            operation.OperationId = JsonNamingPolicy.CamelCase.ConvertName(useCase.Name);
        if (context.Description.RelativePath?.StartsWith("api/", StringComparison.Ordinal) is true)
            Answers(503, "Overloaded, or the database is away. Retry-After says when to try again.");
        if (metadata.OfType<RateLimitPolicy>().Any())
            Answers(429, "A rate limit is used up. Retry-After says when it admits more.");
        if (operation.Parameters?.Any(p => p.In == ParameterLocation.Path) is true)
            Answers(404, "There is no such thing, or it is another company's.");
        if (context.Description.ParameterDescriptions.FirstOrDefault(p => p.Source == BindingSource.Body)?.Type is { } body
            && body.GetCustomAttribute<BodyExampleAttribute>() is { } example
            && operation.RequestBody?.Content is { } content && content.TryGetValue("application/json", out var json))
            json.Example = JsonNode.Parse(example.Json);
        // A role that is named holds where the program is in production, though Development may let everybody in.
        var open = metadata.OfType<IAllowAnonymous>().Any() && !metadata.OfType<RequiredRole>().Any();
        // An empty list says explicitly that the operation needs no token; an absent one would say nothing.
        operation.Security = [];
        if (!open && metadata.OfType<IAuthorizeData>().Any())
        {
            operation.Security = [new() { [new OpenApiSecuritySchemeReference("bearer", context.Document)] = [] }];
            Answers(401, "No valid access token, or its session has ended.");
            if (metadata.OfType<RequiredRole>().LastOrDefault() is { Role: not Access.SignedIn } required)
                Answers(403, $"For the role {required.Role}, and those that may do more.");
            else if (metadata.OfType<PeopleOnly>().Any()) Answers(403, "For people who have signed in, not for API keys.");
            if (metadata.OfType<IdempotencyMetadata>().LastOrDefault() is { } idempotency) AddKey(idempotency.Required);
        }
        if (metadata.OfType<EntityTagMetadata>().Any()) AddEntityTag();
        if (metadata.OfType<IfMatchMetadata>().Any()) AddIfMatch();
        if (operation.RequestBody is not null || operation.Parameters?.Any(p => p.In != ParameterLocation.Path) is true)
            Answers(400, "The request is malformed or breaks a rule; errors names the members.");
        // What an endpoint's result type names, 404 say, has no content yet: errors have one shape, whoever answers them.
        foreach (var status in operation.Responses?.Keys.Where(k => k[0] is '4' or '5').ToList() ?? [])
            Answers(int.Parse(status, CultureInfo.InvariantCulture), operation.Responses![status].Description ?? "");
        var sorted = new OpenApiResponses();
        foreach (var (status, answer) in (operation.Responses ?? []).OrderBy(r => r.Key, StringComparer.Ordinal)) sorted[status] = answer;
        operation.Responses = sorted;
        return Task.CompletedTask;

        void AddKey(bool required)
        {
            (operation.Parameters ??= []).Add(new OpenApiParameter
            {
                Name = Idempotency.Idempotency.KeyHeader,
                In = ParameterLocation.Header,
                Required = required,
                Description = "Chosen by the client, such as a UUID: a repetition within 24 hours has no effect and gets the first answer.",
                Schema = new OpenApiSchema { Type = JsonSchemaType.String, MaxLength = Idempotency.Idempotency.MaxKey },
            });
            Answers(409, "A request with this Idempotency-Key is under way.");
            Answers(422, "The Idempotency-Key was used for another body.");
        }

        void AddEntityTag()
        {
            foreach (var status in (string[])["200", "201"])
                if (operation.Responses?.GetValueOrDefault(status) is OpenApiResponse answer)
                    (answer.Headers ??= new Dictionary<string, IOpenApiHeader>())[HeaderNames.ETag] = new OpenApiHeader
                    {
                        Description = "Names this state. Send it back as If-Match with a change.",
                        Schema = new OpenApiSchema { Type = JsonSchemaType.String },
                    };
        }

        void AddIfMatch()
        {
            (operation.Parameters ??= []).Add(new OpenApiParameter
            {
                Name = HeaderNames.IfMatch,
                In = ParameterLocation.Header,
                Description = "The ETag of the state that the change is meant for. Without it the last write wins.",
                Schema = new OpenApiSchema { Type = JsonSchemaType.String },
            });
            Answers(412, "The resource was changed after it had been read. Nothing was done.");
        }

        // What the endpoint says itself goes before.
        void Answers(int status, string why)
        {
            var answers = operation.Responses ??= [];
            var problem = new OpenApiMediaType { Schema = new OpenApiSchemaReference("ProblemDetails", context.Document) };
            // An endpoint that has an answer of its own for the status (a report of health) may still be refused with a problem.
            if (answers.TryGetValue($"{status}", out var said) && said.Content is { Count: > 0 } own)
                own.TryAdd("application/problem+json", problem);
            else answers[$"{status}"] = new OpenApiResponse
            {
                Description = why,
                Content = new Dictionary<string, OpenApiMediaType> { ["application/problem+json"] = problem },
            };
        }
    }
}
