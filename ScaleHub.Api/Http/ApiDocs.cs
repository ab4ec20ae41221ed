using System.Text.Json.Serialization;
using Microsoft.OpenApi;
using ScaleHub.Api.Http.Input;

namespace ScaleHub.Api.Http;

/// <summary>The JSON conventions, the OpenAPI document at <c>/openapi/v1.json</c>, and a page to try it at
/// <c>/docs</c>.</summary>
public static class ApiDocs
{
    /// <summary>Where the page is.</summary>
    public const string Path = "/docs";

    private const string Document = "/openapi/v1.json";

    private static readonly (string Name, string Description)[] Tags =
    [
        ("Identity", "Companies register, people sign in, sessions end, users come and go."),
        ("Companies", "The company itself, its plan and its quotas."),
        ("Tasks", "Tasks of a company."),
        ("Practice", "Patients, products, orders and exams of a practice."),
        ("Billing", "What things cost."),
        ("Cards", "Packs of cards, the public feed, and shipments."),
        ("Operations", "For those who run the platform."),
    ];

    /// <summary>camelCase, enums by name; nulls, missing, unknown and repeated members refused; validation by
    /// attributes.</summary>
    public static void AddApiDocs(this WebApplicationBuilder builder)
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
        builder.Services.AddValidation();
        builder.Services.AddOpenApi("v1", options =>
        {
            options.AddDocumentTransformer((document, _, _) =>
            {
                document.Info.Title = "ScaleHub";
                document.Info.Version = "1.0.0";
                document.Info.Description = "Sign in with POST /api/v1/auth/login and send the access token as a bearer token.";
                document.Servers = [new() { Url = "/", Description = "Where this document comes from." }];
                document.Tags = Tags.Select(t => new OpenApiTag { Name = t.Name, Description = t.Description }).ToHashSet();
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
        });
    }

    /// <summary>Maps the document, the page, and a root that leads to them; all public, as the API's shape is no
    /// secret.</summary>
    public static void MapApiDocs(this WebApplication app)
    {
        app.MapOpenApi(Document).AllowAnonymous();
        var root = new { name = "ScaleHub", docs = $"{Path}/index.html", openapi = Document, health = "/health/ready" };
        app.MapGet("/", () => TypedResults.Ok(root)).AllowAnonymous().ExcludeFromDescription();
        app.UseSwaggerUI(page =>
        {
            page.RoutePrefix = Path.TrimStart('/');
            page.DocumentTitle = "ScaleHub API";
            page.SwaggerEndpoint(Document, "v1");
            page.EnablePersistAuthorization();
        });
    }
}
