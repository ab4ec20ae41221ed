using Aspire.Hosting.ApplicationModel;
using ScaleHub.LocalAspire;

namespace Aspire.Hosting;

/// <summary>Adds parameters: values that come from configuration, as <c>Parameters:name</c>.</summary>
public static class ParameterResourceBuilderExtensions
{
    /// <summary>Adds a parameter that must be configured.</summary>
    public static IResourceBuilder<ParameterResource> AddParameter(
        this IDistributedApplicationBuilder builder, [ResourceName] string name, bool secret = false)
        => builder.AddResource(new ParameterResource(name, _ => builder.Configuration[Key(name)]
            ?? throw new MissingParameterValueException(
                $"The parameter '{name}' has no value: set the environment variable Parameters__{name}, "
                + $"or run `dotnet user-secrets set {Key(name)} <value>` in {builder.AppHostDirectory}."), secret));

    /// <summary>Adds a parameter that has a value unless one is configured.</summary>
    public static IResourceBuilder<ParameterResource> AddParameter(
        this IDistributedApplicationBuilder builder, [ResourceName] string name, string value, bool publishValueAsDefault = false,
        bool secret = false)
    {
        // The stand-in never publishes.
        _ = publishValueAsDefault;
        return builder.AddResource(new ParameterResource(name, _ => builder.Configuration[Key(name)] ?? value, secret));
    }

    /// <summary>
    /// Adds a parameter whose value is made unless one is configured; with <paramref name="persist"/>, once and for all.
    /// </summary>
    public static IResourceBuilder<ParameterResource> AddParameter(
        this IDistributedApplicationBuilder builder, [ResourceName] string name, ParameterDefault value, bool secret = false,
        bool persist = false)
        => builder.AddResource(Generated(builder, name, value, secret, persist));

    /// <summary>The parameter of a server's password that nobody has added: generated, and kept.</summary>
    public static ParameterResource CreateDefaultPasswordParameter(
        IDistributedApplicationBuilder builder, string name, bool lower = true, bool upper = true, bool numeric = true,
        bool special = true, int minLower = 0, int minUpper = 0, int minNumeric = 0, int minSpecial = 0)
        => Generated(builder, name, new GenerateParameterDefault
        {
            MinLength = 22,
            Lower = lower,
            Upper = upper,
            Numeric = numeric,
            Special = special,
            MinLower = minLower,
            MinUpper = minUpper,
            MinNumeric = minNumeric,
            MinSpecial = minSpecial,
        }, secret: true, persist: true);

    private static ParameterResource Generated(
        IDistributedApplicationBuilder builder, string name, ParameterDefault value, bool secret, bool persist)
        => new(name, @default =>
        {
            if (builder.Configuration[Key(name)] is { } configured)
            {
                return configured;
            }
            var made = @default!.GetDefaultValue();
            if (persist && RunOptions.Of(builder) is { UserSecretsId: { } id, IsTest: false })
            {
                new UserSecrets(id).Set(Key(name), made);
            }
            return made;
        }, secret)
        { Default = value };

    private static string Key(string name) => $"Parameters:{name}";
}
