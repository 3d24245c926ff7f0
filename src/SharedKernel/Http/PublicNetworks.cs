using System.Net;
using System.Net.Sockets;

namespace Lectern.SharedKernel.Http;

/// <summary>
/// Which addresses are of the public internet, and so of nobody's inner network. Sources: IANA's registries of
/// special-purpose addresses, https://www.iana.org/assignments/iana-ipv4-special-registry and
/// https://www.iana.org/assignments/iana-ipv6-special-registry; of IPv6, only 2000::/3 is given out as global unicast.
/// What the registries call reachable but serves a protocol's own ends is refused, too: nobody receives anything there.
/// </summary>
public static class PublicNetworks
{
    private static readonly IPNetwork GlobalUnicast = IPNetwork.Parse("2000::/3");

    private static readonly IPNetwork[] Special =
    [
        .. new[]
        {
            "0.0.0.0/8", // this network; 0.0.0.0 connects to this very machine
            "10.0.0.0/8",
            "100.64.0.0/10", // behind carriers' address translation
            "127.0.0.0/8",
            "168.63.129.16/32", // a public address that is Azure's host to each of its virtual machines
            "169.254.0.0/16", // link-local, and the clouds' metadata services
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24", // documentation
            "192.31.196.0/24", // AS112: answers for private networks' names
            "192.52.193.0/24", // AMT relays
            "192.88.99.0/24", // 6to4 relays
            "192.168.0.0/16",
            "192.175.48.0/24", // AS112
            "198.18.0.0/15", // benchmarks
            "198.51.100.0/24", // documentation
            "203.0.113.0/24", // documentation
            "224.0.0.0/4", // multicast
            "240.0.0.0/4", // reserved, and broadcast
            "2001::/23", // protocols: Teredo, ORCHID, benchmarks
            "2001:db8::/32", // documentation
            "2002::/16", // 6to4, which carries an IPv4 address
            "2620:4f:8000::/48", // AS112
            "3fff::/20", // documentation
        }.Select(network => IPNetwork.Parse(network)),
    ];

    /// <summary>Whether it is an address of the public internet.</summary>
    public static bool Contain(IPAddress address)
    {
        var plain = Plain(address);
        return (plain.AddressFamily == AddressFamily.InterNetwork || GlobalUnicast.Contains(plain))
            && !Special.Any(network => network.Contains(plain));
    }

    /// <summary>The address that is meant: an IPv4 address in IPv6's clothes is that IPv4 address.</summary>
    public static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}
