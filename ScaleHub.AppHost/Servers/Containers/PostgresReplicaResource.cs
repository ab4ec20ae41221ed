namespace ScaleHub.AppHost.Servers.Containers;

/// <summary>
/// A container with a standby of a PostgreSQL server. It shows below its primary, but is no <c>IResourceWithParent</c>: such a
/// resource cannot wait for its parent.
/// </summary>
internal sealed class PostgresReplicaResource(string name, ParameterResource superuserPassword)
    : ContainerResource(name), IResourceWithConnectionString
{
    public const string EndpointName = "tcp";

    private EndpointReference? _endpoint;

    public EndpointReference Endpoint => _endpoint ??= new(this, EndpointName);

    /// <summary>The primary's superuser, who exists here as well.</summary>
    public ReferenceExpression ConnectionStringExpression
    {
        get
        {
            var (host, port) = (Endpoint.Property(EndpointProperty.Host), Endpoint.Property(EndpointProperty.Port));
            return ReferenceExpression.Create($"Host={host};Port={port};Username=postgres;Password={superuserPassword}");
        }
    }
}
