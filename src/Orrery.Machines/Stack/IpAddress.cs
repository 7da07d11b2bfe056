using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Orrery.Machines.Stack;

/// <summary>
/// An IPv4 or IPv6 address as a value, without an object per address. An IPv4 address is held in its mapped form
/// (RFC 4291, 2.5.5.2).
/// </summary>
/// <param name="Value">The 128 bits of the address, the first byte on the wire in the highest ones.</param>
public readonly record struct IpAddress(UInt128 Value)
{
    /// <summary>Bytes of an IPv4 address on the wire.</summary>
    public const int V4Bytes = 4;

    /// <summary>Bytes of an IPv6 address on the wire.</summary>
    public const int V6Bytes = 16;

    private static readonly UInt128 MappedPrefix = (UInt128)0xffff << 32;

    /// <summary>No address: <c>::</c>.</summary>
    public static IpAddress None => default;

    /// <summary>All nodes of the link (RFC 4291, 2.7.1).</summary>
    public static IpAddress AllNodes => new((UInt128)0xff02 << 112 | 1);

    /// <summary>Whether it is an IPv4 address.</summary>
    public bool IsV4 => Value >> 32 == 0xffff;

    /// <summary>An address that groups of nodes listen to.</summary>
    public bool IsMulticast => IsV4 ? (uint)(Value >> 28 & 0xf) == 0xe : Value >> 120 == 0xff;

    /// <summary>The IPv4 address with these 32 bits.</summary>
    public static IpAddress FromV4(uint value) => new(MappedPrefix | value);

    /// <summary>The address in the first 4 bytes.</summary>
    public static IpAddress ReadV4(ReadOnlySpan<byte> bytes) => FromV4(BinaryPrimitives.ReadUInt32BigEndian(bytes));

    /// <summary>The address in the first 16 bytes.</summary>
    public static IpAddress ReadV6(ReadOnlySpan<byte> bytes) => new(BinaryPrimitives.ReadUInt128BigEndian(bytes));

    /// <summary>The same address as the base library has it.</summary>
    public static IpAddress From(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[V6Bytes];
        address.TryWriteBytes(bytes, out _);
        return address.AddressFamily == AddressFamily.InterNetwork ? ReadV4(bytes) : ReadV6(bytes);
    }

    /// <summary>The address with <paramref name="interfaceId"/> in its last 64 bits under <c>fe80::/64</c>.</summary>
    public static IpAddress LinkLocal(ulong interfaceId) => new((UInt128)0xfe80 << 112 | interfaceId);

    /// <summary>Writes 4 or 16 bytes.</summary>
    public void Write(Span<byte> bytes)
    {
        if (IsV4)
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes, (uint)Value);
        }
        else
        {
            BinaryPrimitives.WriteUInt128BigEndian(bytes, Value);
        }
    }

    /// <summary>The multicast address at which the neighbours of this IPv6 address are asked for it (RFC 4291, 2.7.1).</summary>
    public IpAddress SolicitedNode() => new((UInt128)0xff02 << 112 | (UInt128)0x1_ff00_0000 | (Value & 0xff_ffff));

    /// <summary>Whether the first <paramref name="prefixBits"/> bits (as its family counts them) are those of <paramref name="other"/>.</summary>
    public bool SharesPrefix(IpAddress other, int prefixBits)
    {
        if (IsV4 != other.IsV4)
        {
            return false;
        }

        int bits = IsV4 ? prefixBits + 96 : prefixBits;
        return bits == 0 || (Value ^ other.Value) >> (128 - bits) == 0;
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[V6Bytes];
        Write(bytes);
        return new IPAddress(IsV4 ? bytes[..V4Bytes] : bytes).ToString();
    }
}
