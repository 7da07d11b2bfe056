using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Orrery.Lab.Files;

/// <summary>An address of an interface with the length of its network's prefix: <c>10.0.0.2/24</c>, <c>fd00::2/64</c>.</summary>
public readonly record struct InterfaceAddress(IPAddress Address, int PrefixLength)
{
    /// <summary>The network the address is in.</summary>
    public IPNetwork Network => new(Mask(Address, PrefixLength), PrefixLength);

    /// <summary>Reads an address with its prefix length; false when it is not one, or is that of the network itself.</summary>
    public static bool TryParse(string text, out InterfaceAddress address)
    {
        address = default;
        int slash = text.IndexOf('/');
        if (slash < 0 || !IsWritten(text[..slash]) || !IPAddress.TryParse(text[..slash], out IPAddress? ip)
            || !int.TryParse(text[(slash + 1)..], NumberStyles.None, null, out int length))
        {
            return false;
        }

        int bits = ip.AddressFamily == AddressFamily.InterNetwork ? 32 : 128;
        // A prefix without room for two stations joins nobody.
        if (length < 1 || length > bits - 1)
        {
            return false;
        }

        address = new InterfaceAddress(ip, length);
        return length == bits - 1 || !address.Network.BaseAddress.Equals(ip);
    }

    /// <summary>The base library also takes <c>10.1</c> and <c>[::1]</c>; a lab file takes the written form only.</summary>
    private static bool IsWritten(string text) =>
        text.Contains(':') ? !text.Contains('[') && !text.Contains('%') : text.Count(c => c == '.') == 3;

    private static IPAddress Mask(IPAddress address, int length)
    {
        byte[] bytes = address.GetAddressBytes();
        for (int i = 0; i < bytes.Length; i++)
        {
            int kept = Math.Clamp(length - 8 * i, 0, 8);
            bytes[i] &= (byte)(0xff << (8 - kept));
        }

        return new IPAddress(bytes);
    }

    public override string ToString() => $"{Address}/{PrefixLength}";
}
