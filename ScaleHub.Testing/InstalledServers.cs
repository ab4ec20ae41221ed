using ScaleHub.AppHost.Servers.Native;

namespace ScaleHub.Testing;

/// <summary>
/// The servers' programs of this machine. Missing ones are installed as the AppHost does it, once for all tests, where that needs no
/// question asked; elsewhere each test that needs one fails with the line that says what to install.
/// </summary>
internal static class InstalledServers
{
    private static readonly Lazy<Task<ServerPrograms>> Programs =
        new(() => ServerProvisioning.EnsureAsync(_ => { }, CancellationToken.None));

    /// <summary>Where they are.</summary>
    public static Task<ServerPrograms> FindAsync() => Programs.Value;
}
