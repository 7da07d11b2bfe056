using System.Buffers.Binary;

namespace Orrery.Machines.Stack;

/// <summary>The ones' complement sum of IPv4, ICMP and UDP (RFC 1071).</summary>
internal static class InternetChecksum
{
    /// <summary>The checksum over <paramref name="bytes"/> and what has been added up before in <paramref name="sum"/>.</summary>
    public static ushort Compute(ReadOnlySpan<byte> bytes, uint sum = 0)
    {
        sum = Add(bytes, sum);
        while (sum >> 16 != 0)
        {
            sum = (sum & 0xffff) + (sum >> 16);
        }

        return (ushort)~sum;
    }

    /// <summary>Adds 16-bit words; a last odd byte counts as the high half of one. At most 64 KiB in all.</summary>
    public static uint Add(ReadOnlySpan<byte> bytes, uint sum)
    {
        for (; bytes.Length >= 2; bytes = bytes[2..])
        {
            sum += BinaryPrimitives.ReadUInt16BigEndian(bytes);
        }

        return bytes.IsEmpty ? sum : sum + (uint)(bytes[0] << 8);
    }

    /// <summary>The sum of the pseudo-header that ICMPv6 and UDP put before themselves (RFC 8200, 8.1; RFC 768).</summary>
    public static uint PseudoHeader(IpAddress source, IpAddress destination, byte protocol, int length)
    {
        Span<byte> address = stackalloc byte[IpAddress.V6Bytes];
        int bytes = source.IsV4 ? IpAddress.V4Bytes : IpAddress.V6Bytes;
        source.Write(address);
        uint sum = Add(address[..bytes], 0);
        destination.Write(address);
        return Add(address[..bytes], sum) + protocol + (uint)length;
    }
}
