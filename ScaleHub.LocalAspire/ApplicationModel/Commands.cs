using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>Whether a command can be used now.</summary>
public enum ResourceCommandState
{
    /// <summary>It can.</summary>
    Enabled = 0,

    /// <summary>It cannot.</summary>
    Disabled = 1,

    /// <summary>It makes no sense now.</summary>
    Hidden = 2,
}

/// <summary>Weight of an icon.</summary>
public enum IconVariant
{
    /// <summary>Outline.</summary>
    Regular = 0,

    /// <summary>Filled.</summary>
    Filled = 1,
}

/// <summary>What a command is told when it runs.</summary>
public sealed class ExecuteCommandContext
{
    /// <summary>Services of the application.</summary>
    public required IServiceProvider ServiceProvider { get; init; }

    /// <summary>The resource it runs on.</summary>
    public required string ResourceName { get; init; }

    /// <summary>Ends the command.</summary>
    public required CancellationToken CancellationToken { get; init; }

    /// <summary>The resource's log.</summary>
    public required ILogger Logger { get; init; }
}

/// <summary>How a command ended.</summary>
public sealed class ExecuteCommandResult
{
    /// <summary>Whether it did what it should.</summary>
    public required bool Success { get; init; }

    /// <summary>Whether it was given up.</summary>
    public bool Canceled { get; init; }

    /// <summary>What to tell the person who gave it.</summary>
    public string? Message { get; init; }
}

/// <summary>Makes command results.</summary>
public static class CommandResults
{
    /// <summary>It worked.</summary>
    public static ExecuteCommandResult Success() => new() { Success = true };

    /// <summary>It did not work.</summary>
    public static ExecuteCommandResult Failure(string? errorMessage = null) => new() { Success = false, Message = errorMessage };

    /// <summary>It did not work.</summary>
    public static ExecuteCommandResult Failure(Exception exception) => Failure(exception.Message);
}

/// <summary>What decides whether a command can be used.</summary>
public sealed class UpdateCommandStateContext
{
    /// <summary>The resource as it is now.</summary>
    public required CustomResourceSnapshot ResourceSnapshot { get; init; }

    /// <summary>Services of the application.</summary>
    public required IServiceProvider ServiceProvider { get; init; }
}

/// <summary>Details of a command.</summary>
public class CommandOptions
{
    /// <summary>What it does.</summary>
    public string? Description { get; set; }

    /// <summary>What the person is asked first.</summary>
    public string? ConfirmationMessage { get; set; }

    /// <summary>Icon.</summary>
    public string? IconName { get; set; }

    /// <summary>Weight of the icon.</summary>
    public IconVariant? IconVariant { get; set; }

    /// <summary>Whether it is shown in the list.</summary>
    public bool IsHighlighted { get; set; }

    /// <summary>Decides whether it can be used.</summary>
    public Func<UpdateCommandStateContext, ResourceCommandState>? UpdateState { get; set; }
}

/// <summary>A command that can be given to a resource.</summary>
public sealed class ResourceCommandAnnotation(
    string name, string displayName, Func<UpdateCommandStateContext, ResourceCommandState> updateState,
    Func<ExecuteCommandContext, Task<ExecuteCommandResult>> executeCommand, string? displayDescription, object? parameter,
    string? confirmationMessage, string? iconName, IconVariant? iconVariant, bool isHighlighted) : IResourceAnnotation
{
    /// <summary>Name, unique in its resource.</summary>
    public string Name { get; } = name;

    /// <summary>What is shown.</summary>
    public string DisplayName { get; } = displayName;

    /// <summary>Decides whether it can be used.</summary>
    public Func<UpdateCommandStateContext, ResourceCommandState> UpdateState { get; } = updateState;

    /// <summary>Does it.</summary>
    public Func<ExecuteCommandContext, Task<ExecuteCommandResult>> ExecuteCommand { get; } = executeCommand;

    /// <summary>What it does.</summary>
    public string? DisplayDescription { get; } = displayDescription;

    /// <summary>Kept for the snapshot only.</summary>
    internal object? Parameter { get; } = parameter;

    /// <summary>What the person is asked first.</summary>
    public string? ConfirmationMessage { get; } = confirmationMessage;

    /// <summary>Icon.</summary>
    public string? IconName { get; } = iconName;

    /// <summary>Weight of the icon.</summary>
    public IconVariant? IconVariant { get; } = iconVariant;

    /// <summary>Whether it is shown in the list.</summary>
    public bool IsHighlighted { get; } = isHighlighted;
}

/// <summary>Names of the commands that every process has.</summary>
public static class KnownResourceCommands
{
    /// <summary>Starts a resource that does not run.</summary>
    public static readonly string StartCommand = "start";

    /// <summary>Stops a resource.</summary>
    public static readonly string StopCommand = "stop";

    /// <summary>Stops a resource and starts it again.</summary>
    public static readonly string RestartCommand = "restart";
}

/// <summary>Gives commands to resources.</summary>
public class ResourceCommandService
{
    private readonly DistributedApplicationModel _model;
    private readonly ResourceLoggerService _loggers;
    private readonly IServiceProvider _services;

    internal ResourceCommandService(DistributedApplicationModel model, ResourceLoggerService loggers, IServiceProvider services)
        => (_model, _loggers, _services) = (model, loggers, services);

    /// <summary>Gives a command to the resource of a name.</summary>
    public Task<ExecuteCommandResult> ExecuteCommandAsync(
        string resourceId, string commandName, CancellationToken cancellationToken = default)
        => _model.Resources.TryGetByName(resourceId, out var resource)
            ? ExecuteCommandAsync(resource, commandName, cancellationToken)
            : Task.FromResult(CommandResults.Failure($"There is no resource '{resourceId}'."));

    /// <summary>Gives a command to a resource; what the command throws becomes its result.</summary>
    public async Task<ExecuteCommandResult> ExecuteCommandAsync(
        IResource resource, string commandName, CancellationToken cancellationToken = default)
    {
        var command = resource.Annotations.OfType<ResourceCommandAnnotation>().LastOrDefault(c => c.Name == commandName);
        if (command is null)
        {
            return CommandResults.Failure($"Resource '{resource.Name}' has no command '{commandName}'.");
        }
        var logger = _loggers.GetLogger(resource);
        try
        {
            return await command.ExecuteCommand(new()
            {
                ServiceProvider = _services,
                ResourceName = resource.Name,
                CancellationToken = cancellationToken,
                Logger = logger,
            });
        }
        catch (OperationCanceledException)
        {
            return new() { Success = false, Canceled = true };
        }
        catch (Exception failure)
        {
            logger.LogError(failure, "Command '{Command}' failed.", commandName);
            return CommandResults.Failure(failure);
        }
    }
}
