using System.Buffers.Binary;
using System.Globalization;
using System.Net;

namespace Orrery.Network;

/// <summary>A line about what a frame carries: Ethernet, ARP, IPv4, IPv6, ICMP, UDP and TCP. Takes any bytes.</summary>
public static class FrameSummary
{
    private const int EthernetSize = 14;
    private const int Ipv4Size = 20;
    private const int Ipv6Size = 40;

    /// <summary>Describes a frame without its check sequence: <c>10.0.0.1 > 10.0.0.2 ICMP echo request, id 1, seq 7, 98 bytes</c>.</summary>
    public static string Describe(ReadOnlySpan<byte> frame)
    {
        if (frame.Length < EthernetSize)
        {
            return $"{frame.Length} bytes, too short for a frame";
        }

        ReadOnlySpan<byte> payload = frame[EthernetSize..];
        ushort type = UInt16(frame, 12);
        string? inner = type switch
        {
            0x0806 => Arp(payload),
            0x0800 => Ipv4(payload),
            0x86dd => Ipv6(payload),
            _ => null,
        };
        inner ??= $"{MacAddress.Read(frame[MacAddress.Size..])} > {MacAddress.Read(frame)} type 0x{type:x4}";
        return $"{inner}, {frame.Length} bytes";
    }

    /// <summary>RFC 826.</summary>
    private static string? Arp(ReadOnlySpan<byte> packet)
    {
        const int size = 28;
        if (packet.Length < size || UInt16(packet, 2) != 0x0800)
        {
            return null;
        }

        string sender = Address(packet.Slice(14, 4));
        string target = Address(packet.Slice(24, 4));
        return UInt16(packet, 6) switch
        {
            1 => $"ARP who has {target}? tell {sender}",
            2 => $"ARP {sender} is at {MacAddress.Read(packet[8..])}",
            ushort operation => $"ARP operation {operation}",
        };
    }

    /// <summary>RFC 791.</summary>
    private static string? Ipv4(ReadOnlySpan<byte> packet)
    {
        int headerSize = packet.Length < Ipv4Size ? 0 : (packet[0] & 0xf) * 4;
        if (headerSize < Ipv4Size || packet.Length < headerSize)
        {
            return null;
        }

        int length = Math.Clamp(UInt16(packet, 2), headerSize, packet.Length); // beyond it: padding
        string ends = $"{Address(packet.Slice(12, 4))} > {Address(packet.Slice(16, 4))}";
        int fragment = (UInt16(packet, 6) & 0x1fff) * 8;
        return fragment > 0
            ? $"{ends} protocol {packet[9]} fragment at {fragment}"
            : $"{ends} {Transport(packet[9], packet[headerSize..length])}";
    }

    /// <summary>RFC 8200; a hop-by-hop header (MLD has one) is passed over.</summary>
    private static string? Ipv6(ReadOnlySpan<byte> packet)
    {
        const byte hopByHop = 0;
        if (packet.Length < Ipv6Size)
        {
            return null;
        }

        string ends = $"{Address(packet.Slice(8, 16))} > {Address(packet.Slice(24, 16))}";
        byte next = packet[6];
        ReadOnlySpan<byte> payload = packet.Slice(Ipv6Size, Math.Min(UInt16(packet, 4), packet.Length - Ipv6Size));
        if (next == hopByHop && payload.Length >= 8 && payload.Length >= (payload[1] + 1) * 8)
        {
            next = payload[0];
            payload = payload[((payload[1] + 1) * 8)..];
        }

        return $"{ends} {Transport(next, payload)}";
    }

    private static string Transport(byte protocol, ReadOnlySpan<byte> segment) => protocol switch
    {
        1 when segment.Length >= 8 => Echo("ICMP", segment, request: 8, reply: 0),
        58 when segment.Length >= 8 => Icmpv6(segment),
        17 when segment.Length >= 8 => $"UDP {UInt16(segment, 0)} > {UInt16(segment, 2)}, length {segment.Length - 8}",
        6 when segment.Length >= 20 => Tcp(segment),
        _ => $"protocol {protocol}",
    };

    /// <summary>RFC 4443, RFC 4861, RFC 3810.</summary>
    private static string Icmpv6(ReadOnlySpan<byte> message) => message[0] switch
    {
        133 => "ICMPv6 router solicitation",
        134 => "ICMPv6 router advertisement",
        135 when message.Length >= 24 => $"ICMPv6 neighbor solicitation for {Address(message.Slice(8, 16))}",
        136 when message.Length >= 24 => $"ICMPv6 neighbor advertisement of {Address(message.Slice(8, 16))}",
        143 => "ICMPv6 multicast listener report",
        _ => Echo("ICMPv6", message, request: 128, reply: 129),
    };

    private static string Echo(string protocol, ReadOnlySpan<byte> message, byte request, byte reply)
    {
        string numbers = $"id {UInt16(message, 4)}, seq {UInt16(message, 6)}";
        return message[0] == request ? $"{protocol} echo request, {numbers}"
            : message[0] == reply ? $"{protocol} echo reply, {numbers}"
            : $"{protocol} type {message[0]} code {message[1]}";
    }

    /// <summary>RFC 9293.</summary>
    private static string Tcp(ReadOnlySpan<byte> segment)
    {
        const string names = "FSRPAUEC";
        int flags = segment[13];
        string set = new([.. names.Where((_, bit) => (flags & 1 << bit) != 0)]);
        int data = Math.Max(0, segment.Length - (segment[12] >> 4) * 4);
        uint sequence = BinaryPrimitives.ReadUInt32BigEndian(segment[4..]);
        uint acknowledged = BinaryPrimitives.ReadUInt32BigEndian(segment[8..]);
        return string.Create(CultureInfo.InvariantCulture,
            $"TCP {UInt16(segment, 0)} > {UInt16(segment, 2)} [{set}], seq {sequence}, ack {acknowledged}, win {UInt16(segment, 14)}, length {data}");
    }

    private static ushort UInt16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16BigEndian(bytes[at..]);

    private static string Address(ReadOnlySpan<byte> bytes) => new IPAddress(bytes).ToString();
}
