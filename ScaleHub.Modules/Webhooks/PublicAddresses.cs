using System.Net;
using System.Net.Sockets;

namespace ScaleHub.Modules.Webhooks;

/// <summary>
/// Which addresses are public: of one host anywhere on the Internet, and of nothing that only this network can reach. After the
/// registries of IANA (RFC 6890: iana-ipv4-special-registry, iana-ipv6-special-registry). What is not known to be public is not.
/// </summary>
internal static class PublicAddresses
{
    private static readonly IPNetwork[] NotPublic4 = Networks(
        // This network; private; shared with customers of a provider; loopback; link-local, with the metadata of clouds.
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16",
        // Protocol assignments; documentation; relays of 6to4; benchmarks.
        "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        // Multicast; reserved, and the broadcast.
        "224.0.0.0/4", "240.0.0.0/4");

    // All that was given out so far. Loopback, link-local, unique local, multicast, and IPv4 in any clothes are outside.
    private static readonly IPNetwork Given6 = IPNetwork.Parse("2000::/3");

    private static readonly IPNetwork[] NotPublic6 = Networks(
        // Protocol assignments, Teredo among them; documentation; 6to4, which leads to an IPv4 address; documentation.
        "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20");

    // What a translator makes of IPv4 (RFC 6052), where the network has no IPv4 of its own: as public as the address in it.
    private static readonly byte[] Translated = IPAddress.Parse("64:ff9b::").GetAddressBytes()[..12];

    /// <summary>Whether it is the address of one host that anybody can reach.</summary>
    public static bool IsPublic(IPAddress address)
    {
        if (address.AddressFamily == AddressFamily.InterNetwork) return !NotPublic4.Any(n => n.Contains(address));
        if (address.AddressFamily != AddressFamily.InterNetworkV6 || address.ScopeId != 0 || address.IsIPv4MappedToIPv6)
            return false;
        var bytes = address.GetAddressBytes().AsSpan();
        return bytes.StartsWith(Translated)
            ? IsPublic(new IPAddress(bytes[Translated.Length..]))
            : Given6.Contains(address) && !NotPublic6.Any(n => n.Contains(address));
    }

    private static IPNetwork[] Networks(params string[] networks) => [.. networks.Select(n => IPNetwork.Parse(n))];
}
