using System.Text.Json;
using System.Text.Json.Serialization;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

/// <summary>Where a project is; generated for every project that the AppHost refers to.</summary>
public interface IProjectMetadata : IResourceAnnotation
{
    /// <summary>The project file.</summary>
    string ProjectPath { get; }

    /// <summary>Whether it was built with the AppHost.</summary>
    bool SuppressBuild => false;
}

/// <summary>A way to start a project.</summary>
public sealed class LaunchProfile
{
    /// <summary><c>Project</c> for one that starts the project.</summary>
    [JsonPropertyName("commandName")]
    public string? CommandName { get; set; }

    /// <summary>URLs to listen on, separated by semicolons.</summary>
    [JsonPropertyName("applicationUrl")]
    public string? ApplicationUrl { get; set; }

    /// <summary>Variables.</summary>
    [JsonPropertyName("environmentVariables")]
    public Dictionary<string, string> EnvironmentVariables { get; set; } = [];
}

/// <summary>The ways to start a project: its <c>Properties/launchSettings.json</c>.</summary>
public sealed class LaunchSettings
{
    private static readonly JsonSerializerOptions Lenient = new()
    {
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
    };

    /// <summary>By name, in the order of the file.</summary>
    [JsonPropertyName("profiles")]
    public Dictionary<string, LaunchProfile> Profiles { get; set; } = [];

    internal static LaunchSettings? Of(IProjectMetadata project)
    {
        var file = Path.Combine(Path.GetDirectoryName(project.ProjectPath)!, "Properties", "launchSettings.json");
        return File.Exists(file) ? JsonSerializer.Deserialize<LaunchSettings>(File.ReadAllText(file), Lenient) : null;
    }
}

/// <summary>Adds .NET projects.</summary>
public static class ProjectResourceBuilderExtensions
{
    /// <summary>Adds a project, started as its first launch profile says.</summary>
    public static IResourceBuilder<ProjectResource> AddProject<TProject>(
        this IDistributedApplicationBuilder builder, [ResourceName] string name)
        where TProject : IProjectMetadata, new()
        => Add(builder, name, new TProject(), profileName: null, useProfile: true);

    /// <summary>Adds a project, started as a launch profile says; null means none.</summary>
    public static IResourceBuilder<ProjectResource> AddProject<TProject>(
        this IDistributedApplicationBuilder builder, [ResourceName] string name, string? launchProfileName)
        where TProject : IProjectMetadata, new()
        => Add(builder, name, new TProject(), launchProfileName, useProfile: launchProfileName is not null);

    private static IResourceBuilder<ProjectResource> Add(
        IDistributedApplicationBuilder builder, string name, IProjectMetadata metadata, string? profileName, bool useProfile)
    {
        var project = builder.AddResource(new ProjectResource(name)).WithAnnotation(metadata);
        var profile = useProfile ? Find(metadata, profileName) : null;
        if (profile is not null)
        {
            foreach (var url in (profile.ApplicationUrl ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries))
            {
                // One listener per scheme.
                var address = new Uri(url);
                if (!project.GetEndpoint(address.Scheme).Exists)
                {
                    project.WithEndpoint(port: address.Port, scheme: address.Scheme, name: address.Scheme);
                }
            }
            project.WithEnvironment(context =>
            {
                foreach (var (variable, value) in profile.EnvironmentVariables)
                {
                    context.EnvironmentVariables.TryAdd(variable, value);
                }
            });
        }
        return project.WithEnvironment(context =>
        {
            var urls = project.Resource.GetEndpoints().Where(e => e.Scheme is "http" or "https").ToList();
            if (urls.Count > 0)
            {
                var list = new ReferenceExpressionBuilder();
                urls.ForEach(url => list.Append($"{(list.IsEmpty ? "" : ";")}{url.Scheme}://localhost:{url.Property(EndpointProperty.TargetPort)}"));
                context.EnvironmentVariables["ASPNETCORE_URLS"] = list.Build();
            }
        });
    }

    private static LaunchProfile? Find(IProjectMetadata metadata, string? name)
    {
        var profiles = LaunchSettings.Of(metadata)?.Profiles ?? [];
        return name is null
            ? profiles.Values.FirstOrDefault(p => p.CommandName == "Project")
            : profiles.GetValueOrDefault(name)
                ?? throw new DistributedApplicationException($"{metadata.ProjectPath} has no launch profile '{name}'.");
    }
}
