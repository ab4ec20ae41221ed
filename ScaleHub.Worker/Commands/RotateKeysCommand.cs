using ScaleHub.Core.Platform;
using ScaleHub.Core.Platform.Secrets;
using ScaleHub.Modules.Identity.Authentication;

namespace ScaleHub.Worker.Commands;

/// <summary>
/// <c>rotate-keys</c>: makes a new signing key. With <c>--revoke</c> the earlier ones are deleted, and with them all access
/// tokens: clients refresh, sessions go on.
/// </summary>
internal static class RotateKeysCommand
{
    public static Task<int> RunAsync(bool revoke) => OwnerHost.RunAsync(
        "rotate-keys",
        builder => builder.AddSecrets(),
        async (services, owner, cancellationToken) =>
        {
            await using var connection = await owner.OpenConnectionAsync(cancellationToken);
            var kid = await SigningKeys.RotateAsync(connection, services.GetRequiredService<SecretBox>(), revoke,
                cancellationToken);
            Console.WriteLine(revoke
                ? $"Key {kid} signs from now on; every access token made before stops working within a minute."
                : $"Key {kid} was made; it signs in a few minutes, when every instance knows it.");
        });
}
