using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.ApplicationModel
{
    /// <summary>A resource that others reach by a connection string.</summary>
    public interface IResourceWithConnectionString : IResource, IExpressionValue, IValueWithReferences
    {
        /// <summary>The connection string.</summary>
        ReferenceExpression ConnectionStringExpression { get; }

        /// <summary>Name of the variable that carries it, where it is not <c>ConnectionStrings__name</c>.</summary>
        string? ConnectionStringEnvironmentVariable => null;

        string IManifestExpressionProvider.ValueExpression => $"{{{Name}.connectionString}}";

        IEnumerable<object> IValueWithReferences.References => [ConnectionStringExpression];

        /// <summary>The connection string with its holes filled.</summary>
        ValueTask<string?> GetConnectionStringAsync(CancellationToken cancellationToken = default)
            => ConnectionStringExpression.GetValueAsync(cancellationToken);

        ValueTask<string?> IValueProvider.GetValueAsync(CancellationToken cancellationToken)
            => GetConnectionStringAsync(cancellationToken);

        /// <summary>Its parts, by name, for programs that take them one by one.</summary>
        IEnumerable<KeyValuePair<string, ReferenceExpression>> GetConnectionProperties() => [];
    }
}

namespace Aspire.Hosting
{
    /// <summary>A resource that is reached through service discovery.</summary>
    public interface IResourceWithServiceDiscovery : IResourceWithEndpoints;

    /// <summary>A connection string put together from other values.</summary>
    public sealed class ConnectionStringResource(string name, ReferenceExpression connectionStringExpression)
        : Resource(name), IResourceWithConnectionString, IResourceWithWaitSupport
    {
        /// <inheritdoc/>
        public ReferenceExpression ConnectionStringExpression { get; } = connectionStringExpression;
    }

    /// <summary>Adds connection strings.</summary>
    public static class ConnectionStringBuilderExtensions
    {
        /// <summary>Adds a connection string.</summary>
        public static IResourceBuilder<ConnectionStringResource> AddConnectionString(
            this IDistributedApplicationBuilder builder, [ResourceName] string name, ReferenceExpression connectionStringExpression)
            => builder.AddResource(new ConnectionStringResource(name, connectionStringExpression));

        /// <summary>Adds a connection string that is put together piece by piece.</summary>
        public static IResourceBuilder<ConnectionStringResource> AddConnectionString(
            this IDistributedApplicationBuilder builder, [ResourceName] string name,
            Action<ReferenceExpressionBuilder> connectionStringBuilder)
        {
            var expression = new ReferenceExpressionBuilder();
            connectionStringBuilder(expression);
            return builder.AddConnectionString(name, expression.Build());
        }
    }
}
