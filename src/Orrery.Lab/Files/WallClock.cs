using System.Globalization;

namespace Orrery.Lab.Files;

/// <summary>The wall clock of a lab (<c>start:</c>): RFC 3339 in UTC, to the nanosecond, as nanoseconds since 1970.</summary>
public static class WallClock
{
    /// <summary>What a date and time looks like, for messages.</summary>
    public const string Expected = "a date and time in UTC from 1970 to 2200, such as 2026-01-01T00:00:00Z";

    private const int FractionDigits = 9;

    /// <summary>Together with 2^63 - 1 ns of simulated time still below 2^64.</summary>
    private const int LastYear = 2200;

    /// <summary>Reads <c>2026-01-01T00:00:00Z</c>, with up to nine digits of a second's fraction.</summary>
    public static bool TryParse(string text, out ulong unixNs)
    {
        unixNs = 0;
        const int wholeLength = 19; // yyyy-MM-ddTHH:mm:ss
        if (text.Length <= wholeLength || text[^1] != 'Z'
            || !DateTime.TryParseExact(text[..wholeLength], "yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTime whole)
            || whole.Year is < 1970 or > LastYear)
        {
            return false;
        }

        string fraction = text[wholeLength..^1];
        ulong fractionNs = 0;
        if (fraction.Length > 0 && (fraction[0] != '.' || fraction.Length is 1 or > FractionDigits + 1
            || !ulong.TryParse(fraction[1..].PadRight(FractionDigits, '0'), NumberStyles.None, null, out fractionNs)))
        {
            return false;
        }

        unixNs = (ulong)(whole - DateTime.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick + fractionNs;
        return true;
    }

    /// <summary>The form that <see cref="TryParse"/> reads.</summary>
    public static string Format(ulong unixNs)
    {
        (ulong seconds, ulong ns) = Math.DivRem(unixNs, 1_000_000_000UL);
        string fraction = ns == 0 ? "" : "." + ns.ToString("D9", CultureInfo.InvariantCulture).TrimEnd('0');
        return DateTime.UnixEpoch.AddSeconds(seconds).ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture) + fraction + "Z";
    }
}
