namespace Orrery.Machines.Stack;

/// <summary>Sizes, offsets and numbers of the protocols that the stack speaks.</summary>
internal static class Wire
{
    // Ethernet II (IEEE 802.3, 3.1.1).
    public const int EthernetBytes = 14;
    public const ushort TypeIpv4 = 0x0800;
    public const ushort TypeArp = 0x0806;
    public const ushort TypeIpv6 = 0x86dd;

    // ARP for IPv4 over Ethernet (RFC 826).
    public const int ArpBytes = 28;
    public const ushort ArpRequest = 1;
    public const ushort ArpReply = 2;

    // IPv4 without options (RFC 791, 3.1), IPv6 (RFC 8200, 3).
    public const int Ipv4Bytes = 20;
    public const int Ipv6Bytes = 40;
    public const byte HopLimit = 64;

    // Neighbour discovery is believed only with the full hop limit (RFC 4861, 7.1).
    public const byte HopLimitDiscovery = 255;

    public const byte ProtocolIcmp = 1;
    public const byte ProtocolUdp = 17;
    public const byte ProtocolIcmpv6 = 58;

    // ICMP echo (RFC 792), ICMPv6 echo (RFC 4443, 4), neighbour discovery (RFC 4861, 4).
    public const int IcmpEchoBytes = 8;
    public const byte IcmpEchoReply = 0;
    public const byte IcmpUnreachable = 3;
    public const byte IcmpCodePort = 3;
    public const byte IcmpEchoRequest = 8;
    public const byte Icmpv6Unreachable = 1;
    public const byte Icmpv6CodePort = 4;
    public const byte Icmpv6EchoRequest = 128;
    public const byte Icmpv6EchoReply = 129;
    public const byte Icmpv6NeighborSolicitation = 135;
    public const byte Icmpv6NeighborAdvertisement = 136;
    public const int NeighborMessageBytes = 24;
    public const int LinkAddressOptionBytes = 8;
    public const byte OptionSourceLinkAddress = 1;
    public const byte OptionTargetLinkAddress = 2;
    public const uint AdvertisementSolicited = 1u << 30;
    public const uint AdvertisementOverride = 1u << 29;

    public const int UdpBytes = 8;

    /// <summary>The largest packet the stack sends: Ethernet's payload. It neither fragments nor reassembles.</summary>
    public const int PacketBytesMax = 1500;
}
