using System.Net;
using System.Net.Sockets;

namespace GenAgent.Models.Http;

/// <summary>Decides whether an address is on the public internet, by the registries of special-purpose addresses (RFC 6890 and successors).</summary>
public static class PublicAddress
{
    private static readonly IPNetwork[] Special =
    [
        IPNetwork.Parse("0.0.0.0/8"), IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("100.64.0.0/10"), IPNetwork.Parse("127.0.0.0/8"),
        IPNetwork.Parse("169.254.0.0/16"), IPNetwork.Parse("172.16.0.0/12"), IPNetwork.Parse("192.0.0.0/24"), IPNetwork.Parse("192.0.2.0/24"),
        IPNetwork.Parse("192.88.99.0/24"), IPNetwork.Parse("192.168.0.0/16"), IPNetwork.Parse("198.18.0.0/15"), IPNetwork.Parse("198.51.100.0/24"),
        IPNetwork.Parse("203.0.113.0/24"), IPNetwork.Parse("224.0.0.0/3"),

        // In IPv6 only 2000::/3 is allocated; it includes documentation, Teredo and 6to4 addresses, the latter of which can contain a private IPv4 address.
        IPNetwork.Parse("2001::/23"), IPNetwork.Parse("2001:db8::/32"), IPNetwork.Parse("2002::/16"), IPNetwork.Parse("3fff::/20"),
    ];

    private static readonly IPNetwork Assigned = IPNetwork.Parse("2000::/3");

    /// <summary>Whether an address is on the public internet; one of IPv4 inside IPv6 counts as the former.</summary>
    /// <param name="address">The address.</param>
    /// <returns>False for private, loopback, link-local and other special addresses.</returns>
    public static bool IsPublic(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return (plain.AddressFamily == AddressFamily.InterNetwork || Assigned.Contains(plain))
            && !Array.Exists(Special, network => network.Contains(plain));
    }
}
