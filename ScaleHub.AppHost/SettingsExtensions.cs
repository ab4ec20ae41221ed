namespace ScaleHub.AppHost;

/// <summary>Settings and secrets of the graph.</summary>
internal static class SettingsExtensions
{
    /// <summary>Reads the settings; null, and a line on standard error that says what is allowed, when one is not.</summary>
    public static Settings? ReadSettings(this IDistributedApplicationBuilder builder)
    {
        try
        {
            return Settings.Read(builder.Configuration);
        }
        catch (FormatException wrong)
        {
            Console.Error.WriteLine(wrong.Message);
            return null;
        }
    }

    /// <summary>
    /// A generated secret of 40 letters and digits (no punctuation: it travels in connection strings and URLs).
    /// </summary>
    public static IResourceBuilder<ParameterResource> AddSecret(
        this IDistributedApplicationBuilder builder, [ResourceName] string name)
        => builder.AddParameter(name, new GenerateParameterDefault { MinLength = 40, Special = false }, secret: true, persist: true);
}
