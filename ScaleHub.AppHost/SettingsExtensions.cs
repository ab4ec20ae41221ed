using Microsoft.Extensions.Configuration;

namespace ScaleHub.AppHost;

/// <summary>Settings and secrets of the graph.</summary>
internal static class SettingsExtensions
{
    /// <summary>A setting: <c>--name value</c>, or any other source of configuration.</summary>
    public static T Setting<T>(this IDistributedApplicationBuilder builder, string name, T @default) where T : struct
        => builder.Configuration.GetValue(name, @default);

    /// <summary>
    /// A generated secret of 40 letters and digits (no punctuation: it travels in connection strings and URLs).
    /// </summary>
    public static IResourceBuilder<ParameterResource> AddSecret(
        this IDistributedApplicationBuilder builder, [ResourceName] string name)
        => builder.AddParameter(name, new GenerateParameterDefault { MinLength = 40, Special = false }, secret: true, persist: true);
}
