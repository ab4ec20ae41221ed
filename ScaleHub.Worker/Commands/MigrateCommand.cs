using Microsoft.Extensions.Options;
using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Postgres;
using ScaleHub.Core.Platform.Secrets;
using ScaleHub.Modules;
using ScaleHub.Modules.Identity.Authentication;

namespace ScaleHub.Worker.Commands;

/// <summary>
/// <c>migrate</c>: brings the schema up to date and makes sure that there is a signing key, both under the migration's lock, so
/// that any number of runs at once do it once.
/// </summary>
internal static class MigrateCommand
{
    public static Task<int> RunAsync() => OwnerHost.RunAsync(
        "migrate",
        builder =>
        {
            builder.AddSecrets();
            builder.Services.AddOptions<PostgresOptions>().BindConfiguration(PostgresOptions.Section);
        },
        async (services, owner, cancellationToken) =>
        {
            var password = services.GetRequiredService<IOptions<PostgresOptions>>().Value.AppPassword;
            var secrets = services.GetRequiredService<SecretBox>();
            var applied = 0;
            await new Migrator(owner, ModuleList.Schema.Migrations()).MigrateAsync(
                password,
                name =>
                {
                    applied++;
                    Console.WriteLine($"applied {name}");
                },
                connection => SigningKeys.EnsureAsync(connection, secrets, cancellationToken),
                cancellationToken);
            Console.WriteLine(applied == 0 ? "The database was up to date." : $"The database is up to date ({applied} applied).");
        });
}
