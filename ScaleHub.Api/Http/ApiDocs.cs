using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Mvc.Infrastructure;
using Microsoft.OpenApi;

namespace ScaleHub.Api.Http;

/// <summary>The JSON conventions, the OpenAPI document at <c>/openapi/v1.json</c>, and a page to try it at <c>/docs</c>.</summary>
public static class ApiDocs
{
    /// <summary>Where the page is.</summary>
    public const string Path = "/docs";

    /// <summary>camelCase, enums by name, nulls and missing members checked against the request type; validation by attributes.</summary>
    public static void AddApiDocs(this WebApplicationBuilder builder)
    {
        builder.Services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.NumberHandling = JsonNumberHandling.Strict;
            json.SerializerOptions.RespectNullableAnnotations = true;
            json.SerializerOptions.RespectRequiredConstructorParameters = true;
            json.SerializerOptions.Converters.Add(new TimestampConverter());
            json.SerializerOptions.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false));
        });
        builder.Services.AddValidation();
        builder.Services.AddOpenApi("v1", options =>
        {
            options.AddDocumentTransformer((document, _, _) =>
            {
                document.Info.Title = "ScaleHub";
                document.Info.Description = "Sign in with POST /api/v1/auth/login and send the access token as a bearer token.";
                document.Servers = [];
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
            options.AddSchemaTransformer((schema, context, _) =>
            {
                var attributes = context.JsonPropertyInfo?.AttributeProvider
                    ?? (context.ParameterDescription?.ParameterDescriptor as IParameterInfoParameterDescriptor)?.ParameterInfo;
                if (attributes?.GetCustomAttributes(typeof(AllowedValuesAttribute), inherit: true) is [AllowedValuesAttribute allowed])
                    schema.Enum = [.. allowed.Values.OfType<string>().Select(value => (JsonNode)value)];
                return Task.CompletedTask;
            });
        });
    }

    /// <summary>Maps the document and the page; both are public, as the API's shape is no secret.</summary>
    public static void MapApiDocs(this WebApplication app)
    {
        app.MapOpenApi("/openapi/v1.json").AllowAnonymous();
        app.UseSwaggerUI(page =>
        {
            page.RoutePrefix = Path.TrimStart('/');
            page.DocumentTitle = "ScaleHub API";
            page.SwaggerEndpoint("/openapi/v1.json", "v1");
            page.EnablePersistAuthorization();
        });
    }
}
