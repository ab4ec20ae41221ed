namespace ScaleHub.AppHost.Servers;

/// <summary>
/// How the servers of the graph run: in containers (<see cref="Containers"/>) or natively (<see cref="Native"/>). Whoever uses a
/// server sees its endpoint and its connection string only. No endpoint goes through Aspire's proxy.
/// </summary>
internal interface IServers
{
    /// <summary>Adds the PostgreSQL server that is the primary unless a standby is promoted.</summary>
    /// <param name="cluster">What the nodes share.</param>
    /// <param name="name">The resource's name.</param>
    /// <param name="port">Its port on this machine; null for any that is free.</param>
    PostgresNode AddPrimary(PostgresCluster cluster, string name, int? port);

    /// <summary>Adds a PostgreSQL server that streams from whichever node of the cluster is the primary.</summary>
    PostgresNode AddStandby(PostgresCluster cluster, string name);

    /// <summary>Adds Redis.</summary>
    IResourceBuilder<IResourceWithConnectionString> AddRedis(string name, IResourceBuilder<ParameterResource> password);

    /// <summary>A folder for the contents of files, which lasts as long as the data of the servers does.</summary>
    string FilesFolder { get; }

    /// <summary>Adds nginx as a load balancer.</summary>
    /// <param name="name">The resource's name.</param>
    /// <param name="port">Its port on this machine; null for any that is free.</param>
    /// <param name="instances">The programs that requests are spread over, by their endpoint <c>http</c>.</param>
    IResourceBuilder<IResourceWithEndpoints> AddLoadBalancer(
        string name, int? port, IReadOnlyList<IResourceBuilder<ProjectResource>> instances);
}
