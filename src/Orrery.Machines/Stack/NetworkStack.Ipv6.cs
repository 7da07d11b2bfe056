using System.Buffers.Binary;
using Orrery.Network;

namespace Orrery.Machines.Stack;

/// <content>IPv6 (RFC 8200), ICMPv6 (RFC 4443), neighbour discovery (RFC 4861).</content>
public sealed partial class NetworkStack
{
    private bool ReceiveIpv6(StackInterface receiver, ReadOnlySpan<byte> packet)
    {
        if (packet.Length < Wire.Ipv6Bytes || packet[0] >> 4 != 6)
        {
            return false;
        }

        int payloadBytes = BinaryPrimitives.ReadUInt16BigEndian(packet[4..]);
        if (payloadBytes > packet.Length - Wire.Ipv6Bytes)
        {
            return false;
        }

        IpAddress source = IpAddress.ReadV6(packet[8..]);
        IpAddress destination = IpAddress.ReadV6(packet[24..]);
        if (source.IsMulticast || source.IsV4)
        {
            return false;
        }

        if (!receiver.Owns(destination) && !receiver.Listens(destination))
        {
            return true; // to a group or to another's address: not for this machine
        }

        ReadOnlySpan<byte> payload = packet.Slice(Wire.Ipv6Bytes, payloadBytes);
        return packet[6] switch
        {
            Wire.ProtocolIcmpv6 => ReceiveIcmpv6(receiver, source, destination, payload, hopLimit: packet[7]),
            Wire.ProtocolUdp => ReceiveDatagram(
                receiver, source, destination, payload, packet[..(Wire.Ipv6Bytes + payloadBytes)]),
            _ => false, // extension headers too: nobody in a lab needs them here
        };
    }

    private bool ReceiveIcmpv6(
        StackInterface receiver, IpAddress source, IpAddress destination, ReadOnlySpan<byte> message, byte hopLimit)
    {
        uint sum = InternetChecksum.PseudoHeader(source, destination, Wire.ProtocolIcmpv6, message.Length);
        if (message.Length < Wire.IcmpEchoBytes || InternetChecksum.Compute(message, sum) != 0)
        {
            return false;
        }

        switch (message[0])
        {
            case Wire.Icmpv6EchoRequest:
                AnswerEcho(receiver, destination.IsMulticast ? receiver.LinkLocal : destination, source, message);
                return true;
            case Wire.Icmpv6EchoReply:
                TakeEchoReply(source, message);
                return true;
            case Wire.Icmpv6NeighborSolicitation when hopLimit == Wire.HopLimitDiscovery:
                return ReceiveNeighborSolicitation(receiver, source, message);
            case Wire.Icmpv6NeighborAdvertisement when hopLimit == Wire.HopLimitDiscovery:
                return ReceiveNeighborAdvertisement(receiver, message);
            case Wire.Icmpv6Unreachable when message.Length >= Wire.IcmpEchoBytes + Wire.Ipv6Bytes:
                _user.OnUnreachable(IpAddress.ReadV6(message[(Wire.IcmpEchoBytes + 24)..]));
                return true;
            default:
                return false;
        }
    }

    // RFC 4861, 7.2.3 and 7.2.4.
    private bool ReceiveNeighborSolicitation(StackInterface receiver, IpAddress source, ReadOnlySpan<byte> message)
    {
        if (message.Length < Wire.NeighborMessageBytes)
        {
            return false;
        }

        IpAddress target = IpAddress.ReadV6(message[8..]);
        if (!receiver.Owns(target))
        {
            return true;
        }

        // From the unspecified address somebody asks whether the address is taken: everybody hears that it is.
        bool probe = source == IpAddress.None;
        if (!probe)
        {
            if (!TryFindLinkAddress(message, Wire.OptionSourceLinkAddress, out MacAddress mac))
            {
                return false;
            }

            Learn(receiver, source, mac, add: true);
        }

        SendNeighborMessage(
            receiver, target, probe ? IpAddress.AllNodes : source, Wire.Icmpv6NeighborAdvertisement,
            (probe ? 0 : Wire.AdvertisementSolicited) | Wire.AdvertisementOverride, target, Wire.OptionTargetLinkAddress);
        return true;
    }

    // RFC 4861, 7.2.5; the entry is not made when nobody asked.
    private bool ReceiveNeighborAdvertisement(StackInterface receiver, ReadOnlySpan<byte> message)
    {
        if (message.Length < Wire.NeighborMessageBytes
            || !TryFindLinkAddress(message, Wire.OptionTargetLinkAddress, out MacAddress mac))
        {
            return false;
        }

        Learn(receiver, IpAddress.ReadV6(message[8..]), mac, add: false);
        return true;
    }

    private static bool TryFindLinkAddress(ReadOnlySpan<byte> message, byte wanted, out MacAddress mac)
    {
        ReadOnlySpan<byte> options = message[Wire.NeighborMessageBytes..];
        while (options.Length >= Wire.LinkAddressOptionBytes)
        {
            int length = options[1] * 8;
            if (length == 0 || length > options.Length)
            {
                break;
            }

            if (options[0] == wanted)
            {
                mac = MacAddress.Read(options[2..]);
                return !mac.IsMulticast;
            }

            options = options[length..];
        }

        mac = default;
        return false;
    }

    private void SendNeighborSolicitation(StackInterface sender, IpAddress target)
    {
        if (sender.TryFindSource(target, out IpAddress source))
        {
            SendNeighborMessage(
                sender, source, target.SolicitedNode(), Wire.Icmpv6NeighborSolicitation, 0, target,
                Wire.OptionSourceLinkAddress);
        }
    }

    private void SendNeighborMessage(
        StackInterface sender, IpAddress source, IpAddress destination, byte type, uint flags, IpAddress target, byte option)
    {
        Span<byte> message = Packet.Slice(Wire.Ipv6Bytes, Wire.NeighborMessageBytes + Wire.LinkAddressOptionBytes);
        message.Clear();
        message[0] = type;
        BinaryPrimitives.WriteUInt32BigEndian(message[4..], flags);
        target.Write(message[8..]);
        message[24] = option;
        message[25] = Wire.LinkAddressOptionBytes / 8;
        sender.Mac.Write(message[26..]);
        SendIcmp(sender, source, destination, message, Wire.HopLimitDiscovery);
    }

    private static void WriteIpv6Header(
        Span<byte> packet, IpAddress source, IpAddress destination, byte protocol, int payloadBytes, byte hopLimit)
    {
        BinaryPrimitives.WriteUInt32BigEndian(packet, 6u << 28);
        BinaryPrimitives.WriteUInt16BigEndian(packet[4..], (ushort)payloadBytes);
        packet[6] = protocol;
        packet[7] = hopLimit;
        source.Write(packet[8..]);
        destination.Write(packet[24..]);
    }
}
