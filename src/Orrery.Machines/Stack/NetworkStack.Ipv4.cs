using System.Buffers.Binary;
using Orrery.Network;

namespace Orrery.Machines.Stack;

/// <content>ARP (RFC 826), IPv4 (RFC 791), ICMP (RFC 792).</content>
public sealed partial class NetworkStack
{
    private bool ReceiveArp(StackInterface receiver, ReadOnlySpan<byte> message)
    {
        if (message.Length < Wire.ArpBytes
            || BinaryPrimitives.ReadUInt64BigEndian(message) >> 16 != 0x0001_0800_0604) // Ethernet, IPv4, 6 and 4 bytes
        {
            return false;
        }

        ushort operation = BinaryPrimitives.ReadUInt16BigEndian(message[6..]);
        MacAddress senderMac = MacAddress.Read(message[8..]);
        IpAddress sender = IpAddress.ReadV4(message[14..]);
        IpAddress target = IpAddress.ReadV4(message[24..]);
        bool mine = receiver.Owns(target);
        if (senderMac.IsMulticast || receiver.Owns(sender))
        {
            return false; // an answer in somebody else's name
        }

        Learn(receiver, sender, senderMac, add: mine && operation == Wire.ArpRequest);
        if (mine && operation == Wire.ArpRequest)
        {
            SendArp(receiver, Wire.ArpReply, target, sender, senderMac);
        }

        return operation is Wire.ArpRequest or Wire.ArpReply;
    }

    private void SendArpRequest(StackInterface sender, IpAddress target)
    {
        if (sender.TryFindSource(target, out IpAddress source))
        {
            SendArp(sender, Wire.ArpRequest, source, target, targetMac: null);
        }
    }

    private void SendArp(StackInterface sender, ushort operation, IpAddress source, IpAddress target, MacAddress? targetMac)
    {
        WriteEthernetHeader(sender, Wire.TypeArp);
        (targetMac ?? MacAddress.Broadcast).Write(_frame);
        Span<byte> message = Packet[..Wire.ArpBytes];
        BinaryPrimitives.WriteUInt64BigEndian(message, 0x0001_0800_0604_0000UL | operation);
        sender.Mac.Write(message[8..]);
        source.Write(message[14..]);
        (targetMac ?? default).Write(message[18..]);
        target.Write(message[24..]);
        _host.Transmit(sender.Index, _frame.AsSpan(0, Wire.EthernetBytes + Wire.ArpBytes));
    }

    private bool ReceiveIpv4(StackInterface receiver, ReadOnlySpan<byte> packet)
    {
        if (packet.Length < Wire.Ipv4Bytes || packet[0] >> 4 != 4)
        {
            return false;
        }

        int headerBytes = (packet[0] & 0xf) * 4;
        int length = BinaryPrimitives.ReadUInt16BigEndian(packet[2..]);
        bool isFragment = (BinaryPrimitives.ReadUInt16BigEndian(packet[6..]) & 0x3fff) != 0;
        if (headerBytes < Wire.Ipv4Bytes || length < headerBytes || length > packet.Length || isFragment
            || InternetChecksum.Compute(packet[..headerBytes]) != 0)
        {
            return false;
        }

        IpAddress source = IpAddress.ReadV4(packet[12..]);
        IpAddress destination = IpAddress.ReadV4(packet[16..]);
        if (!receiver.Owns(destination))
        {
            return true; // to a group or to another's address: not for this machine
        }

        ReadOnlySpan<byte> payload = packet[headerBytes..length];
        return packet[9] switch
        {
            Wire.ProtocolIcmp => ReceiveIcmp(receiver, source, destination, payload),
            Wire.ProtocolUdp => ReceiveDatagram(receiver, source, destination, payload, packet[..length]),
            _ => false,
        };
    }

    private bool ReceiveIcmp(StackInterface receiver, IpAddress source, IpAddress destination, ReadOnlySpan<byte> message)
    {
        if (message.Length < Wire.IcmpEchoBytes || InternetChecksum.Compute(message) != 0)
        {
            return false;
        }

        switch (message[0])
        {
            case Wire.IcmpEchoRequest:
                AnswerEcho(receiver, destination, source, message);
                return true;
            case Wire.IcmpEchoReply:
                TakeEchoReply(source, message);
                return true;
            case Wire.IcmpUnreachable when message.Length >= Wire.IcmpEchoBytes + Wire.Ipv4Bytes:
                _user.OnUnreachable(IpAddress.ReadV4(message[(Wire.IcmpEchoBytes + 16)..]));
                return true;
            default:
                return false;
        }
    }

    private void WriteIpv4Header(
        Span<byte> packet, IpAddress source, IpAddress destination, byte protocol, int length, byte hopLimit)
    {
        packet[..Wire.Ipv4Bytes].Clear();
        packet[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(packet[2..], (ushort)length);
        BinaryPrimitives.WriteUInt16BigEndian(packet[4..], _ipv4Identification++);
        packet[8] = hopLimit;
        packet[9] = protocol;
        source.Write(packet[12..]);
        destination.Write(packet[16..]);
        BinaryPrimitives.WriteUInt16BigEndian(packet[10..], InternetChecksum.Compute(packet[..Wire.Ipv4Bytes]));
    }

    private void AnswerEcho(StackInterface receiver, IpAddress own, IpAddress requester, ReadOnlySpan<byte> request)
    {
        if (request.Length <= Wire.PacketBytesMax - HeaderBytes(requester))
        {
            SendEcho(
                receiver, own, requester, reply: true,
                BinaryPrimitives.ReadUInt16BigEndian(request[4..]), BinaryPrimitives.ReadUInt16BigEndian(request[6..]),
                request[Wire.IcmpEchoBytes..]);
        }
    }

    private void TakeEchoReply(IpAddress source, ReadOnlySpan<byte> reply) => _user.OnEchoReply(
        source,
        BinaryPrimitives.ReadUInt16BigEndian(reply[4..]),
        BinaryPrimitives.ReadUInt16BigEndian(reply[6..]),
        reply[Wire.IcmpEchoBytes..]);

    private void SendEcho(
        StackInterface sender, IpAddress source, IpAddress destination, bool reply,
        ushort identifier, ushort sequence, ReadOnlySpan<byte> payload)
    {
        bool v4 = destination.IsV4;
        Span<byte> message = Packet.Slice(HeaderBytes(destination), Wire.IcmpEchoBytes + payload.Length);
        message[..Wire.IcmpEchoBytes].Clear();
        message[0] = (v4, reply) switch
        {
            (true, false) => Wire.IcmpEchoRequest,
            (true, true) => Wire.IcmpEchoReply,
            (false, false) => Wire.Icmpv6EchoRequest,
            (false, true) => Wire.Icmpv6EchoReply,
        };
        BinaryPrimitives.WriteUInt16BigEndian(message[4..], identifier);
        BinaryPrimitives.WriteUInt16BigEndian(message[6..], sequence);
        payload.CopyTo(message[Wire.IcmpEchoBytes..]);
        SendIcmp(sender, source, destination, message, Wire.HopLimit);
    }

    /// <summary>Sends the ICMP or ICMPv6 message that stands in its place in <see cref="Packet"/> with a checksum of zero.</summary>
    private void SendIcmp(StackInterface sender, IpAddress source, IpAddress destination, Span<byte> message, byte hopLimit)
    {
        byte protocol = destination.IsV4 ? Wire.ProtocolIcmp : Wire.ProtocolIcmpv6;
        uint sum = destination.IsV4 ? 0 : InternetChecksum.PseudoHeader(source, destination, protocol, message.Length);
        BinaryPrimitives.WriteUInt16BigEndian(message[2..], InternetChecksum.Compute(message, sum));
        SendPacket(sender, source, destination, protocol, message.Length, hopLimit);
    }
}
