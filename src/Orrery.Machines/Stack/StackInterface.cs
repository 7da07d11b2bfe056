using Orrery.Network;

namespace Orrery.Machines.Stack;

/// <summary>An address of an interface with the length of its network's prefix in bits.</summary>
public readonly record struct StackAddress(IpAddress Address, int PrefixBits);

/// <summary>A network interface as the stack sees it.</summary>
public sealed class StackInterface
{
    /// <summary>An interface with its Ethernet address and its addresses; the IPv6 link-local one is added (RFC 4291, appendix A).</summary>
    public StackInterface(int index, MacAddress mac, IEnumerable<StackAddress> addresses)
    {
        Index = index;
        Mac = mac;
        ulong identifier = (mac.Value >> 24 << 40 | 0xff_fe00_0000 | (mac.Value & 0xff_ffff)) ^ (1UL << 57);
        LinkLocal = IpAddress.LinkLocal(identifier);
        Addresses = [.. addresses, new StackAddress(LinkLocal, 64)];
    }

    /// <summary>Its number.</summary>
    public int Index { get; }

    /// <summary>Its Ethernet address.</summary>
    public MacAddress Mac { get; }

    /// <summary>Its IPv6 link-local address.</summary>
    public IpAddress LinkLocal { get; }

    /// <summary>All its addresses.</summary>
    public IReadOnlyList<StackAddress> Addresses { get; }

    /// <summary>Whether <paramref name="address"/> is one of its own.</summary>
    public bool Owns(IpAddress address)
    {
        for (int i = 0; i < Addresses.Count; i++)
        {
            if (Addresses[i].Address == address)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether it listens to the multicast group <paramref name="group"/>: all nodes, and the solicited-node groups of its addresses.</summary>
    public bool Listens(IpAddress group)
    {
        if (group == IpAddress.AllNodes)
        {
            return true;
        }

        for (int i = 0; i < Addresses.Count; i++)
        {
            if (!Addresses[i].Address.IsV4 && Addresses[i].Address.SolicitedNode() == group)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Its address on the network that <paramref name="destination"/> is on; false when it has none there.</summary>
    public bool TryFindSource(IpAddress destination, out IpAddress source)
    {
        for (int i = 0; i < Addresses.Count; i++)
        {
            if (Addresses[i].Address.SharesPrefix(destination, Addresses[i].PrefixBits))
            {
                source = Addresses[i].Address;
                return true;
            }
        }

        source = default;
        return false;
    }
}
