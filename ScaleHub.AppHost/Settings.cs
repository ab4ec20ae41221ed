using System.Globalization;
using System.Net;
using Microsoft.Extensions.Configuration;
using ScaleHub.AppHost.Servers;

namespace ScaleHub.AppHost;

/// <summary>How large the graph is, and whether its data is kept: the options of a start.</summary>
/// <param name="Instances">Of the API.</param>
/// <param name="Replicas">Standbys of PostgreSQL.</param>
/// <param name="Volumes">Whether the data is there again at the next start.</param>
/// <param name="Durability">When a write counts as done.</param>
/// <param name="Limits">Rate limits are multiplied by this; for tests and load tests.</param>
/// <param name="Servers">How the servers run.</param>
/// <param name="Reset">Whether the data of earlier starts goes first.</param>
/// <param name="FixedPorts">Whether a port that is taken is an error.</param>
/// <param name="Certificate">TLS at the load balancer; null for none.</param>
/// <param name="TrustedProxies">Networks of the proxies in front of the load balancer, in CIDR notation.</param>
/// <param name="RandomPorts">Whether this is a graph of a test: any ports, nothing said, no dashboard.</param>
internal sealed record Settings(
    int Instances, int Replicas, bool Volumes, Durability Durability, double Limits, ServerChoice Servers, bool Reset, bool FixedPorts,
    Certificate? Certificate, IReadOnlyList<IPNetwork> TrustedProxies, bool RandomPorts)
{
    /// <summary>What <c>--help</c> says.</summary>
    public const string Help = """
        Starts ScaleHub: dotnet run --project ScaleHub.AppHost -- [options]

          --instances N        API instances, 1 to 32 (default 2)
          --replicas N         standbys of PostgreSQL, 0 to 8 (default 2)
          --limits N           multiplies the rate limits, 0.001 to 1000000 (default 1)
          --durability D       quorum: a write is acknowledged when a standby has it too (default async)
          --servers S          containers: PostgreSQL, Redis and nginx in containers; native: from this machine's packages;
                               auto: in containers when Docker or Podman answers, else native (default auto)
          --certificate F      a certificate (chain) in PEM: the load balancer also answers by TLS, at port 8443
          --certificate-key F  its private key in PEM
          --trusted-proxies N  networks (10.0.0.0/8,192.0.2.7/32) of proxies in front of the load balancer, whose
                               X-Forwarded-For and X-Forwarded-Proto are believed (default none)
          --volumes B          false: forget the data at the end (default true)
          --reset              forget the data of earlier starts first
          --fixed-ports        a taken port is an error instead of moving
          --help, -h           this text
        """;

    /// <summary>Reads them: <c>--name value</c>, or any other source of configuration.</summary>
    /// <exception cref="FormatException">One is not allowed; the message is the sentence that says what is.</exception>
    public static Settings Read(IConfiguration configuration)
    {
        var replicas = Whole(configuration, "replicas", 2, 0, 8);
        var durability = configuration["durability"]?.ToLowerInvariant() switch
        {
            null or "async" => Durability.Async,
            "quorum" when replicas > 0 => Durability.Quorum,
            "quorum" => throw new FormatException(
                "--durability quorum needs a standby to confirm writes: use --replicas 1 or more, or --durability async."),
            _ => throw Wrong(configuration, "durability", "quorum or async"),
        };
        return new(Whole(configuration, "instances", 2, 1, 32), replicas, YesOrNo(configuration, "volumes", true), durability,
            Number(configuration, "limits", 1, 0.001, 1_000_000),
            configuration["servers"]?.ToLowerInvariant() switch
            {
                null or "auto" => ServerChoice.Auto,
                "native" => ServerChoice.Native,
                "containers" => ServerChoice.Containers,
                _ => throw Wrong(configuration, "servers", "auto, native or containers"),
            },
            YesOrNo(configuration, "reset", false), YesOrNo(configuration, "fixed-ports", false), ReadCertificate(configuration),
            ReadNetworks(configuration), IsTest(configuration));
    }

    private static Certificate? ReadCertificate(IConfiguration configuration)
    {
        var (chain, key) = (configuration["certificate"], configuration["certificate-key"]);
        if (chain is null && key is null) return null;
        if (chain is null || key is null)
            throw new FormatException("--certificate and --certificate-key belong together: give both, or none.");
        foreach (var (name, file) in (ReadOnlySpan<(string, string)>)[("certificate", chain), ("certificate-key", key)])
            if (!File.Exists(file)) throw Wrong(configuration, name, "a file that exists");
        return new(Path.GetFullPath(chain), Path.GetFullPath(key));
    }

    private static List<IPNetwork> ReadNetworks(IConfiguration configuration)
    {
        List<IPNetwork> networks = [];
        foreach (var text in (configuration["trusted-proxies"] ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!IPNetwork.TryParse(text, out var network))
                throw Wrong(configuration, "trusted-proxies", "networks such as 10.0.0.0/8, separated by commas");
            networks.Add(network);
        }
        return networks;
    }

    /// <summary>The arguments as configuration takes them: a switch without a value would take the next argument for
    /// one.</summary>
    public static string[] Spelled(string[] args) => [.. args.Select(arg => arg is "--reset" or "--fixed-ports" ? $"{arg}=true" : arg)];

    /// <summary>Aspire's builder for tests asks for random ports.</summary>
    public static bool IsTest(IConfiguration configuration) => configuration.GetValue("DcpPublisher:RandomizePorts", false);

    private static int Whole(IConfiguration configuration, string name, int @default, int least, int most)
        => configuration[name] is not { } text ? @default
            : int.TryParse(text, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most ? value
            : throw Wrong(configuration, name, $"a whole number from {least} to {most}");

    private static double Number(IConfiguration configuration, string name, double @default, double least, double most)
        => configuration[name] is not { } text ? @default
            : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most
                ? value
            : throw Wrong(configuration, name, string.Create(CultureInfo.InvariantCulture, $"a number from {least} to {most}"));

    private static bool YesOrNo(IConfiguration configuration, string name, bool @default)
        => configuration[name] is not { } text ? @default
            : bool.TryParse(text, out var value) ? value
            : throw Wrong(configuration, name, "true or false");

    private static FormatException Wrong(IConfiguration configuration, string name, string allowed)
        => new($"--{name} '{configuration[name]}' is not allowed: use {allowed}.");
}

/// <summary>A certificate of TLS.</summary>
/// <param name="Chain">File with the certificate and those that it descends from, in PEM.</param>
/// <param name="Key">File with its private key, in PEM.</param>
internal sealed record Certificate(string Chain, string Key);

/// <summary>How the servers run, the setting <c>--servers</c>.</summary>
internal enum ServerChoice
{
    /// <summary>In containers when an engine answers, else natively.</summary>
    Auto,

    /// <summary>As processes of this machine.</summary>
    Native,

    /// <summary>In containers.</summary>
    Containers,
}
