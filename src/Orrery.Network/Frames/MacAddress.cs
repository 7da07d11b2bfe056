using System.Globalization;

namespace Orrery.Network;

/// <summary>An Ethernet address (IEEE 802-2014, 8.2): 48 bits, the first byte on the wire in bits 47 to 40.</summary>
/// <param name="Value">Below 2^48.</param>
public readonly record struct MacAddress(ulong Value)
{
    /// <summary>Bytes of an address on the wire.</summary>
    public const int Size = 6;

    /// <summary>The address that means everybody.</summary>
    public static readonly MacAddress Broadcast = new(0xffff_ffff_ffff);

    /// <summary>The first bit on the wire is set: a group of stations, not one.</summary>
    public bool IsMulticast => (Value >> 40 & 1) != 0;

    /// <summary>The address in the first six bytes of <paramref name="bytes"/>.</summary>
    public static MacAddress Read(ReadOnlySpan<byte> bytes) =>
        new((ulong)bytes[0] << 40 | (ulong)bytes[1] << 32 | (ulong)bytes[2] << 24 | (ulong)bytes[3] << 16 | (ulong)bytes[4] << 8 | bytes[5]);

    /// <summary>Writes the address to the first six bytes of <paramref name="bytes"/>.</summary>
    public void Write(Span<byte> bytes)
    {
        for (int i = 0; i < Size; i++)
        {
            bytes[i] = (byte)(Value >> (40 - 8 * i));
        }
    }

    /// <summary>Reads <c>02:00:00:01:00:00</c>; false when the text is not six pairs of hexadecimal digits.</summary>
    public static bool TryParse(string text, out MacAddress address)
    {
        address = default;
        string[] parts = text.Split(':');
        if (parts.Length != Size)
        {
            return false;
        }

        ulong value = 0;
        foreach (string part in parts)
        {
            if (part.Length != 2 || !byte.TryParse(part, NumberStyles.AllowHexSpecifier, null, out byte b))
            {
                return false;
            }

            value = value << 8 | b;
        }

        address = new MacAddress(value);
        return true;
    }

    public override string ToString() =>
        $"{Value >> 40 & 0xff:x2}:{Value >> 32 & 0xff:x2}:{Value >> 24 & 0xff:x2}:{Value >> 16 & 0xff:x2}:{Value >> 8 & 0xff:x2}:{Value & 0xff:x2}";
}
