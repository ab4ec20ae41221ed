namespace ScaleHub.AppHost.Servers;

/// <summary>The scripts and templates of the servers, which lie beside the code and are embedded in the program.</summary>
internal static class ServerFiles
{
    public const string InitPrimary = "init-primary.sh", RunReplica = "run-replica.sh", NginxTemplate = "nginx.conf.template";

    /// <summary>Readable by all, and executable.</summary>
    public const UnixFileMode Executable = (UnixFileMode)0b111_101_101;

    public static string Read(string name)
    {
        using var stream = typeof(ServerFiles).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The program does not contain {name}.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
