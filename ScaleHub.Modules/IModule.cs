using ScaleHub.Core.Platform.Events;
using ScaleHub.Core.Platform.Exports;
using ScaleHub.Core.Platform.Jobs;

namespace ScaleHub.Modules;

/// <summary>
/// A part of the product, all of it in one folder: entities, mappings, migrations, routes, use cases. docs/module-guide.md shows how to
/// make one.
/// </summary>
public interface IModule
{
    /// <summary>Its folder, the last part of its namespace, and its tag in the OpenAPI document.</summary>
    string Name { get; }

    /// <summary>What it is about, for the OpenAPI document.</summary>
    string Summary { get; }

    /// <summary>
    /// The modules whose types it may use; a test compares. Everything else between two modules goes through the database or the
    /// platform.
    /// </summary>
    IReadOnlyList<string> Uses => [];

    /// <summary>The kinds of events that the module tells of (<see cref="EventOutbox"/>), for the catalogue of webhooks.</summary>
    IReadOnlyList<EventType> Events => [];

    /// <summary>What the module registers, in the API and in the worker.</summary>
    void AddServices(IServiceCollection services)
    {
    }

    /// <summary>What only its routes need, and so is registered in the API alone: the worker has no HTTP mechanisms.</summary>
    void AddRouteServices(IServiceCollection services)
    {
    }

    /// <summary>The kinds of jobs that the module does, and its schedules.</summary>
    void AddJobs(JobList jobs)
    {
    }

    /// <summary>The module's lists that a company can take with it as CSV.</summary>
    void AddExports(ExportCatalogue exports)
    {
    }

    /// <summary>The module's routes.</summary>
    /// <param name="v1"><c>/api/v1</c>, for those who have signed in unless a route says otherwise.</param>
    /// <param name="root">Everything else; each route says who may use it.</param>
    void MapRoutes(IEndpointRouteBuilder v1, IEndpointRouteBuilder root)
    {
    }
}
