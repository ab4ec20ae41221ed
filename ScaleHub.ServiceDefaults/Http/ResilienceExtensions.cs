using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace ScaleHub.ServiceDefaults.Http;

internal static class ResilienceExtensions
{
    /// <summary>Gives every client of <see cref="IHttpClientFactory"/> a <see cref="ResilienceHandler"/> of its own.</summary>
    public static void AddResilience(this IServiceCollection services)
    {
        services.AddOptions<ResilienceOptions>().BindConfiguration(ResilienceOptions.Section)
            .ValidateDataAnnotations().ValidateOnStart();
        services.ConfigureHttpClientDefaults(client => client.AddHttpMessageHandler(
            provider => new ResilienceHandler(provider.GetRequiredService<IOptions<ResilienceOptions>>().Value)));
    }
}
