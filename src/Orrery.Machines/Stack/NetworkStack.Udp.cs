using System.Buffers.Binary;

namespace Orrery.Machines.Stack;

/// <content>UDP (RFC 768).</content>
public sealed partial class NetworkStack
{
    private bool ReceiveDatagram(
        StackInterface receiver, IpAddress source, IpAddress destination, ReadOnlySpan<byte> datagram, ReadOnlySpan<byte> packet)
    {
        if (datagram.Length < Wire.UdpBytes)
        {
            return false;
        }

        int length = BinaryPrimitives.ReadUInt16BigEndian(datagram[4..]);
        if (length < Wire.UdpBytes || length > datagram.Length)
        {
            return false;
        }

        // Without a checksum the field is zero; IPv6 does not allow that (RFC 8200, 8.1).
        bool unchecked_ = source.IsV4 && BinaryPrimitives.ReadUInt16BigEndian(datagram[6..]) == 0;
        uint sum = InternetChecksum.PseudoHeader(source, destination, Wire.ProtocolUdp, length);
        if (!unchecked_ && InternetChecksum.Compute(datagram[..length], sum) != 0)
        {
            return false;
        }

        bool taken = _user.OnDatagram(
            source,
            BinaryPrimitives.ReadUInt16BigEndian(datagram),
            BinaryPrimitives.ReadUInt16BigEndian(datagram[2..]),
            datagram[Wire.UdpBytes..length]);
        if (!taken && !destination.IsMulticast)
        {
            SendPortUnreachable(receiver, destination, source, packet);
        }

        return true;
    }

    // RFC 792 and RFC 4443, 3.1: the packet that could not be delivered follows, as much of it as is useful.
    private void SendPortUnreachable(StackInterface sender, IpAddress own, IpAddress destination, ReadOnlySpan<byte> packet)
    {
        int quoted = Math.Min(packet.Length, HeaderBytes(destination) + Wire.UdpBytes);
        Span<byte> message = Packet.Slice(HeaderBytes(destination), Wire.IcmpEchoBytes + quoted);
        message.Clear();
        message[0] = destination.IsV4 ? Wire.IcmpUnreachable : Wire.Icmpv6Unreachable;
        message[1] = destination.IsV4 ? Wire.IcmpCodePort : Wire.Icmpv6CodePort;
        packet[..quoted].CopyTo(message[Wire.IcmpEchoBytes..]);
        SendIcmp(sender, own, destination, message, Wire.HopLimit);
    }
}
