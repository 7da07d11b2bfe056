using System.Globalization;

namespace Orrery.Lab.Files;

/// <summary>Sizes with units as lab files and options write them: <c>64M</c>. K, M and G are powers of 1024.</summary>
public static class ByteSize
{
    /// <summary>What a size looks like, for messages.</summary>
    public const string Expected = "a size with its unit (K, M or G), such as 64M";

    /// <summary>Reads a whole number with its unit. False when it has none or another, or is 2^63 bytes or more.</summary>
    public static bool TryParse(string text, out ulong bytes)
    {
        int digits = 0;
        while (digits < text.Length && char.IsAsciiDigit(text[digits]))
        {
            digits++;
        }

        int shift = text[digits..] switch
        {
            "K" or "KiB" => 10,
            "M" or "MiB" => 20,
            "G" or "GiB" => 30,
            _ => 0,
        };
        bytes = 0;
        if (shift == 0 || !ulong.TryParse(text.AsSpan(0, digits), NumberStyles.None, null, out ulong number) || number >= 1UL << (63 - shift))
        {
            return false;
        }

        bytes = number << shift;
        return true;
    }

    /// <summary>The size in the largest unit that divides it: <c>64M</c>.</summary>
    public static string Format(ulong bytes) => bytes switch
    {
        >= 1UL << 30 when bytes % (1UL << 30) == 0 => $"{bytes >> 30}G",
        >= 1UL << 20 when bytes % (1UL << 20) == 0 => $"{bytes >> 20}M",
        >= 1UL << 10 when bytes % (1UL << 10) == 0 => $"{bytes >> 10}K",
        _ => $"{bytes}",
    };
}
