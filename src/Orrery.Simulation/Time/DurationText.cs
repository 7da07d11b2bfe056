using System.Globalization;

namespace Orrery.Simulation;

/// <summary>Durations as text: an exact decimal and a unit.</summary>
internal static class DurationText
{
    private static readonly (string Name, ulong Nanoseconds)[] Units =
    [
        ("ns", 1), ("us", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000), ("min", 60_000_000_000), ("h", 3_600_000_000_000),
    ];

    /// <summary>Reads a duration; <paramref name="nanoseconds"/> is 0 when it is none.</summary>
    internal static DurationError Parse(ReadOnlySpan<char> text, out ulong nanoseconds)
    {
        nanoseconds = 0;
        text = text.Trim();
        if (text.IsEmpty)
        {
            return DurationError.Empty;
        }

        ReadOnlySpan<char> whole = LeadingDigits(text);
        text = text[whole.Length..];
        ReadOnlySpan<char> fraction = [];
        if (!text.IsEmpty && text[0] == '.')
        {
            fraction = LeadingDigits(text[1..]);
            text = text[(1 + fraction.Length)..];
            if (fraction.IsEmpty)
            {
                return DurationError.NotANumber;
            }
        }

        if (whole.IsEmpty)
        {
            return DurationError.NotANumber;
        }

        text = text.TrimStart();
        if (text.IsEmpty)
        {
            bool isZero = whole.Trim('0').IsEmpty && fraction.Trim('0').IsEmpty;
            return isZero ? DurationError.None : DurationError.MissingUnit;
        }

        foreach ((string name, ulong unit) in Units)
        {
            if (text.SequenceEqual(name))
            {
                return Scale(whole.TrimStart('0'), fraction.TrimEnd('0'), unit, out nanoseconds);
            }
        }

        return DurationError.UnknownUnit;
    }

    /// <summary>Writes <paramref name="nanoseconds"/> exactly, in the largest of s, ms, us and ns that keeps the number at least 1.</summary>
    internal static string Format(ulong nanoseconds)
    {
        int index = 3;
        while (index > 0 && nanoseconds < Units[index].Nanoseconds)
        {
            index--;
        }

        (string name, ulong unit) = Units[nanoseconds == 0 ? 3 : index];
        (ulong whole, ulong rest) = Math.DivRem(nanoseconds, unit);
        string number = whole.ToString(CultureInfo.InvariantCulture);
        if (rest != 0)
        {
            int digits = 3 * index;
            number += "." + rest.ToString(CultureInfo.InvariantCulture).PadLeft(digits, '0').TrimEnd('0');
        }

        return number + name;
    }

    private static ReadOnlySpan<char> LeadingDigits(ReadOnlySpan<char> text)
    {
        int length = text.IndexOfAnyExceptInRange('0', '9');
        return length < 0 ? text : text[..length];
    }

    private static DurationError Scale(ReadOnlySpan<char> whole, ReadOnlySpan<char> fraction, ulong unit, out ulong nanoseconds)
    {
        nanoseconds = 0;
        // The smallest unit has 19 digits below 2^63 and the largest needs 13 after the point: more are certainly wrong.
        if (whole.Length > 19)
        {
            return DurationError.TooLong;
        }

        if (fraction.Length > 13)
        {
            return DurationError.TooPrecise;
        }

        UInt128 numerator = 0;
        UInt128 denominator = 1;
        foreach (char digit in whole)
        {
            numerator = (numerator * 10) + (uint)(digit - '0');
        }

        foreach (char digit in fraction)
        {
            numerator = (numerator * 10) + (uint)(digit - '0');
            denominator *= 10;
        }

        // numerator < 10^32: times a unit it could exceed 2^128, so it is bounded first.
        if (numerator / denominator >= SimTime.MaxNanoseconds / unit + 1)
        {
            return DurationError.TooLong;
        }

        (UInt128 quotient, UInt128 remainder) = UInt128.DivRem(numerator * unit, denominator);
        if (remainder != 0)
        {
            return DurationError.TooPrecise;
        }

        if (quotient >= SimTime.MaxNanoseconds)
        {
            return DurationError.TooLong;
        }

        nanoseconds = (ulong)quotient;
        return DurationError.None;
    }
}
