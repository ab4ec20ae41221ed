namespace ScaleHub.AppHost.Postgres;

/// <summary>
/// A standby that streams from a PostgreSQL server. It shows below its primary, but is no <c>IResourceWithParent</c>: such a
/// resource cannot wait for its parent.
/// </summary>
internal sealed class PostgresReplicaResource(string name, PostgresServerResource primary)
    : ContainerResource(name), IResourceWithConnectionString
{
    public const string EndpointName = "tcp";

    private EndpointReference? _endpoint;

    /// <summary>The replication slot that keeps WAL for it, on whichever node is the primary.</summary>
    public string SlotName => Name.Replace('-', '_');

    /// <summary>The server that it streams from, until a standby is promoted.</summary>
    public PostgresServerResource Primary => primary;

    public EndpointReference PrimaryEndpoint => _endpoint ??= new(this, EndpointName);

    /// <summary>The primary's superuser, who exists here as well.</summary>
    public ReferenceExpression ConnectionStringExpression
        => ReferenceExpression.Create($"Host={Host};Port={Port};Username={Primary.UserNameReference};Password={Primary.PasswordParameter}");

    private EndpointReferenceExpression Host => PrimaryEndpoint.Property(EndpointProperty.Host);

    private EndpointReferenceExpression Port => PrimaryEndpoint.Property(EndpointProperty.Port);
}
