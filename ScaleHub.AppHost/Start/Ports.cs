using System.Net.NetworkInformation;

namespace ScaleHub.AppHost.Start;

/// <summary>The ports that the graph is reached at from outside.</summary>
internal static class Ports
{
    /// <summary>How many ports above the wanted one are tried.</summary>
    private const int Reach = 100;

    // Those of this start, which nothing listens on yet.
    private static readonly HashSet<int> Chosen = [];

    /// <summary>
    /// The wanted port, or the next one that no program listens on. A test gets null: Aspire takes any free port, so that several
    /// graphs run side by side.
    /// </summary>
    /// <exception cref="StartException">The port is taken and may not move, or all that are tried are taken.</exception>
    public static int? Choose(string name, int wanted, Settings settings)
    {
        if (settings.RandomPorts) return null;
        var taken = IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners()
            .Select(listener => listener.Port).Concat(Chosen).ToHashSet();
        if (!taken.Contains(wanted))
        {
            Chosen.Add(wanted);
            return wanted;
        }
        if (settings.FixedPorts)
        {
            throw new StartException($"{name}: port {wanted} is taken by another program: stop that program "
                + $"(ss -ltnp 'sport = :{wanted}' shows it), or start without --fixed-ports.");
        }
        var port = Enumerable.Range(wanted + 1, Reach).Cast<int?>().FirstOrDefault(p => !taken.Contains(p!.Value))
            ?? throw new StartException($"{name}: the ports from {wanted} to {wanted + Reach} are all taken; free one of them.");
        Chosen.Add(port);
        Console.WriteLine($"{name}: port {wanted} is taken, using {port}");
        return port;
    }

    /// <summary>Moves the port of an address that a start is given as an environment variable, if the port is taken.</summary>
    public static void Move(string name, string variable, Settings settings)
    {
        if (Environment.GetEnvironmentVariable(variable) is not { Length: > 0 } text
            || !Uri.TryCreate(text.Split(';')[0], UriKind.Absolute, out var address)
            || Choose(name, address.Port, settings) is not { } port || port == address.Port)
        {
            return;
        }
        Environment.SetEnvironmentVariable(variable, new UriBuilder(address) { Port = port }.Uri.GetLeftPart(UriPartial.Authority));
    }
}
