using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using ScaleHub.Core.Platform.Jobs;
using ScaleHub.Core.Platform.Tenancy;
using ScaleHub.Http.Authentication;
using ScaleHub.Http.Overload;
using ScaleHub.Http.RateLimiting;

namespace ScaleHub.Modules.Files;

/// <summary>Files that people upload, and that jobs make.</summary>
public sealed class FilesModule : IModule
{
    /// <inheritdoc/>
    public string Name => "Files";

    /// <inheritdoc/>
    public string Summary => "Files that people upload and that jobs make, and links to their content.";

    /// <inheritdoc/>
    public void AddServices(IServiceCollection services) => services.AddSingleton<FileLinks>().AddScoped<FileWriter>();

    /// <inheritdoc/>
    public void AddJobs(JobList jobs)
        => jobs.Handle<SweepFiles, SweepFilesHandler>().Schedule("files.sweep", "*/5 * * * *", _ => new SweepFiles());

    /// <inheritdoc/>
    public void MapRoutes(IEndpointRouteBuilder v1, IEndpointRouteBuilder root)
    {
        var files = v1.MapGroup("/files").RequireRole(Roles.Member);
        files.MapPost("/", UploadFile.HandleAsync).AsStream()
            .AddOpenApiOperationTransformer(DescribeForm).WithMetadata(new RequestSizeLimitAttribute(UploadFile.MaxRequestBytes))
            .ProducesProblem(409).ProducesProblem(413).ProducesProblem(415);
        files.MapGet("/{id:guid}", GetFile.HandleAsync);

        root.MapGet(FileLinks.Path + "{token}", DownloadFile.HandleAsync).AllowAnonymous().WithRateLimit(RateLimits.Public).AsStream();
    }

    // Not Accepts(), by which routing would answer 415 before anybody has asked who it is.
    private static Task DescribeForm(
        OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        operation.RequestBody = new OpenApiRequestBody
        {
            Required = true,
            Content = new Dictionary<string, OpenApiMediaType>
            {
                ["multipart/form-data"] = new()
                {
                    Schema = new OpenApiSchema
                    {
                        Type = JsonSchemaType.Object,
                        Properties = new Dictionary<string, IOpenApiSchema>
                        {
                            ["file"] = new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary" },
                        },
                        Required = new HashSet<string> { "file" },
                    },
                },
            },
        };
        return Task.CompletedTask;
    }
}
