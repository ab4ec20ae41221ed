namespace ScaleHub.AppHost.LoadBalancer;

/// <summary>nginx, as a balancer in front of the API instances.</summary>
internal sealed class NginxResource(string name) : ContainerResource(name), IResourceWithServiceDiscovery;
