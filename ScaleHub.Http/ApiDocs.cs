using System.Text.Json.Serialization;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using ScaleHub.Http.Input;

namespace ScaleHub.Http;

/// <summary>The JSON conventions, the OpenAPI document at <c>/openapi/v1.json</c>, and a page to try it at
/// <c>/docs</c>.</summary>
public static class ApiDocs
{
    /// <summary>Where the page is.</summary>
    public const string Path = "/docs";

    private const string Document = "/openapi/v1.json";

    /// <summary>camelCase, enums by name; nulls, missing, unknown and repeated members refused.</summary>
    public static void AddJsonConventions(this WebApplicationBuilder builder)
    {
        builder.Services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.NumberHandling = JsonNumberHandling.Strict;
            json.SerializerOptions.RespectNullableAnnotations = true;
            json.SerializerOptions.RespectRequiredConstructorParameters = true;
            json.SerializerOptions.Converters.Add(new TimestampConverter());
            json.SerializerOptions.Converters.Add(new EnumNameConverter());
            // A misspelled member would change nothing, and of two equal ones only the last would count: the client learns
            // neither.
            json.SerializerOptions.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
            json.SerializerOptions.AllowDuplicateProperties = false;
        });
    }

    /// <summary>
    /// What the document says beyond the routes. <c>AddOpenApi</c> itself is called by the program: its generator reads the doc
    /// comments of what the calling project refers to.
    /// </summary>
    /// <param name="options">Of <c>AddOpenApi</c>.</param>
    /// <param name="tags">The tags of the routes, and what each is about.</param>
    public static void Describe(this OpenApiOptions options, IReadOnlyList<(string Name, string Summary)> tags)
    {
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info.Title = "ScaleHub";
            document.Info.Version = "1.0.0";
            document.Info.Description = "Sign in with POST /api/v1/auth/login and send the access token as a bearer token.";
            document.Servers = [new() { Url = "/", Description = "Where this document comes from." }];
            document.Tags = tags.Select(t => new OpenApiTag { Name = t.Name, Description = t.Summary }).ToHashSet();
            document.Components ??= new();
            document.Components.SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>();
            document.Components.SecuritySchemes["bearer"] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = "bearer",
                BearerFormat = "JWT",
            };
            return Task.CompletedTask;
        });
        options.AddOperationTransformer(ApiDocsAnswers.AddAsync);
        options.AddSchemaTransformer(ApiDocsSchemas.CompleteAsync);
    }

    /// <summary>Maps the document, the page, and a root that leads to them; all public, as the API's shape is no
    /// secret.</summary>
    public static void MapApiDocs(this WebApplication app)
    {
        app.MapOpenApi(Document).AllowAnonymous();
        var root = new { name = "ScaleHub", docs = $"{Path}/index.html", openapi = Document, health = "/health/ready" };
        app.MapGet("/", () => TypedResults.Ok(root)).AllowAnonymous().ExcludeFromDescription();
        // It compares the path of each request that it gets with regular expressions.
        app.UseWhen(context => context.Request.Path.StartsWithSegments(Path), docs => docs.UseSwaggerUI(page =>
        {
            page.RoutePrefix = Path.TrimStart('/');
            page.DocumentTitle = "ScaleHub API";
            page.SwaggerEndpoint(Document, "v1");
            page.EnablePersistAuthorization();
        }));
    }
}
