namespace ScaleHub.AppHost.Servers.Native;

/// <summary>A server of this machine's packages, which a script starts, on a port of the loopback interface.</summary>
internal sealed class NativeServerResource : ExecutableResource, IResourceWithConnectionString
{
    public const string EndpointName = "tcp";

    private readonly Func<EndpointReference, ReferenceExpression> _connectionString;

    /// <param name="name">The resource's name.</param>
    /// <param name="directory">The working directory.</param>
    /// <param name="connectionString">Makes the connection string of the endpoint.</param>
    public NativeServerResource(string name, string directory, Func<EndpointReference, ReferenceExpression> connectionString)
        : base(name, "bash", directory)
    {
        _connectionString = connectionString;
        Endpoint = new(this, EndpointName);
    }

    public EndpointReference Endpoint { get; }

    public ReferenceExpression ConnectionStringExpression => _connectionString(Endpoint);
}
