using System.Globalization;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace ScaleHub.LocalAspire;

/// <summary>A resource as the page gets it.</summary>
internal sealed record ResourceView
{
    public required string Name { get; init; }
    public required string Type { get; init; }
    public required string? Parent { get; init; }
    public required bool Hidden { get; init; }
    public required string? State { get; init; }
    public required string? StateStyle { get; init; }
    public required string? Health { get; init; }
    public required int? ExitCode { get; init; }
    public required DateTime? CreatedAt { get; init; }
    public required DateTime? StartedAt { get; init; }
    public required DateTime? StoppedAt { get; init; }
    public required string? Source { get; init; }
    public required IReadOnlyList<UrlView> Urls { get; init; }
    public required IReadOnlyList<CommandView> Commands { get; init; }
    public required IReadOnlyList<HealthView> HealthReports { get; init; }
    public required IReadOnlyList<PropertyView> Properties { get; init; }
    public required IReadOnlyList<PropertyView> Environment { get; init; }
    public required IReadOnlyList<RelationView> Relations { get; init; }

    public static ResourceView Of(ResourceEvent change)
    {
        var (resource, snapshot) = (change.Resource, change.Snapshot);
        var relations = RelationsOf(resource, snapshot);
        return new()
        {
            Name = resource.Name,
            Type = snapshot.ResourceType,
            Parent = relations.FirstOrDefault(relation => relation.Type == "Parent")?.Name,
            Hidden = snapshot.IsHidden,
            State = snapshot.State?.Text,
            StateStyle = snapshot.State?.Style,
            Health = snapshot.HealthStatus?.ToString(),
            ExitCode = snapshot.ExitCode,
            CreatedAt = Utc(snapshot.CreationTimeStamp),
            StartedAt = Utc(snapshot.StartTimeStamp),
            StoppedAt = Utc(snapshot.StopTimeStamp),
            Source = SourceOf(resource, snapshot),
            Urls = [.. snapshot.Urls
                .OrderBy(url => url.DisplayProperties.SortOrder)
                .Select(url => new UrlView(
                    url.Name, url.Url, Text(url.DisplayProperties.DisplayName), url.IsInactive, url.IsInternal))],
            Commands = [.. snapshot.Commands
                .Where(command => command.State != ResourceCommandState.Hidden)
                .Select(command => new CommandView(
                    command.Name, command.DisplayName, command.DisplayDescription, command.ConfirmationMessage,
                    command.State == ResourceCommandState.Enabled, command.IsHighlighted))],
            HealthReports = [.. snapshot.HealthReports.Select(report => new HealthView(
                report.Name, report.Status?.ToString(), report.Description, report.ExceptionText, Utc(report.LastRunAt)))],
            Properties = [.. snapshot.Properties.Select(property => new PropertyView(
                property.Name, Text(property.Value), property.IsSensitive))],
            // Aspire masks all of them, too: which one is a secret cannot be told from the outside.
            Environment = [.. snapshot.EnvironmentVariables
                .OrderBy(variable => variable.Name, StringComparer.Ordinal)
                .Select(variable => new PropertyView(variable.Name, variable.Value, true))],
            Relations = relations,
        };
    }

    // What really runs; or else what the resource says of itself, or is made from.
    private static string? SourceOf(IResource resource, CustomResourceSnapshot snapshot)
    {
        if (Property("executable.path") is { } program)
            return Property("executable.version") is { } version ? $"{program} {version}" : program;
        return Property("resource.source") ?? Property("project.path")
            ?? resource.Annotations.OfType<IProjectMetadata>().LastOrDefault()?.ProjectPath
            ?? (resource as ExecutableResource)?.Command;

        string? Property(string name) => Text(snapshot.Properties.FirstOrDefault(property => property.Name == name)?.Value);
    }

    private static List<RelationView> RelationsOf(IResource resource, CustomResourceSnapshot snapshot)
    {
        var waits = resource.Annotations.OfType<WaitAnnotation>().ToLookup(wait => wait.Resource.Name, wait => wait.WaitType);
        var relations = snapshot.Relationships.Select(relation => (relation.ResourceName, relation.Type))
            .Concat(resource.Annotations.OfType<ResourceRelationshipAnnotation>()
                .Select(relation => (ResourceName: relation.Resource.Name, relation.Type)));
        if (resource is IResourceWithParent { Parent: { } parent })
            relations = relations.Append((parent.Name, "Parent"));
        return [.. relations.Distinct().Select(relation => new RelationView(
            relation.ResourceName, relation.Type, relation.Type != "WaitFor" || !waits.Contains(relation.ResourceName)
                ? null
                : waits[relation.ResourceName].First() switch
                {
                    WaitType.WaitForCompletion => "completed",
                    WaitType.WaitUntilStarted => "started",
                    _ => "healthy",
                }))];
    }

    private static DateTime? Utc(DateTime? time) => time is { } value ? DateTime.SpecifyKind(value, DateTimeKind.Utc) : null;

    private static string? Text(object? value) => value switch
    {
        null or "" => null,
        string text => text,
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        System.Collections.IEnumerable items => string.Join(' ', items.Cast<object?>()),
        _ => value.ToString(),
    };
}

internal sealed record UrlView(string? Name, string Url, string? Text, bool Inactive, bool Internal);

internal sealed record CommandView(
    string Name, string DisplayName, string? Description, string? Confirmation, bool Enabled, bool Highlighted);

internal sealed record HealthView(string Name, string? Status, string? Description, string? Exception, DateTime? AskedAt);

internal sealed record PropertyView(string Name, string? Value, bool Sensitive);

/// <param name="Name">The other resource.</param>
/// <param name="Type"><c>Reference</c>, <c>WaitFor</c> or <c>Parent</c>.</param>
/// <param name="Until">What a wait waits for: <c>healthy</c>, <c>started</c> or <c>completed</c>.</param>
internal sealed record RelationView(string Name, string Type, string? Until);
