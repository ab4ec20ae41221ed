namespace Aspire.Hosting;

/// <summary>What is being done with the application.</summary>
public enum DistributedApplicationOperation
{
    /// <summary>It runs.</summary>
    Run = 0,

    /// <summary>It is being published; the stand-in never does that.</summary>
    Publish = 1,
}

/// <summary>How the application is being used.</summary>
public class DistributedApplicationExecutionContext(DistributedApplicationOperation operation)
{
    /// <summary>What is being done with it.</summary>
    public DistributedApplicationOperation Operation { get; } = operation;

    /// <summary>Whether it runs.</summary>
    public bool IsRunMode => Operation == DistributedApplicationOperation.Run;

    /// <summary>Whether it is being published.</summary>
    public bool IsPublishMode => Operation == DistributedApplicationOperation.Publish;
}

/// <summary>Something about the application is wrong.</summary>
public class DistributedApplicationException : Exception
{
    /// <summary>Without a message.</summary>
    public DistributedApplicationException()
    {
    }

    /// <summary>With a message.</summary>
    public DistributedApplicationException(string message) : base(message)
    {
    }

    /// <summary>With a message and a cause.</summary>
    public DistributedApplicationException(string message, Exception inner) : base(message, inner)
    {
    }
}

/// <summary>A parameter has no value.</summary>
public class MissingParameterValueException(string message) : DistributedApplicationException(message);

/// <summary>How an application is created.</summary>
public sealed class DistributedApplicationOptions
{
    /// <summary>Command line.</summary>
    public string[]? Args { get; set; }

    /// <summary>Whether the dashboard stays away.</summary>
    public bool DisableDashboard { get; set; }

    /// <summary>Folder of the AppHost project.</summary>
    public string? ProjectDirectory { get; set; }

    /// <summary>Name of the AppHost's assembly.</summary>
    public string? AssemblyName { get; set; }

    internal bool IsTest { get; init; }
}
