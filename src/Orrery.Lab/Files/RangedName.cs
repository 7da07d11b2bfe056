using System.Globalization;
using System.Text.RegularExpressions;

namespace Orrery.Lab.Files;

/// <summary>
/// A name with ranges of numbers, which stands for many: <c>m[0-3]-[00-11]</c> is <c>m0-00</c> to <c>m3-11</c>, the last range
/// counting fastest. Numbers are as wide as the first of their range is written.
/// </summary>
internal sealed partial class RangedName
{
    private readonly string[] _texts;
    private readonly Range[] _ranges;

    private RangedName(string[] texts, Range[] ranges)
    {
        _texts = texts;
        _ranges = ranges;
    }

    /// <summary>A range, both ends included.</summary>
    private readonly record struct Range(int First, int Last, int Width)
    {
        public int Count => Last - First + 1;

        public string Format(int number) => number.ToString(CultureInfo.InvariantCulture).PadLeft(Width, '0');
    }

    /// <summary>How many names it stands for; at most <see cref="long.MaxValue"/>.</summary>
    public long Count => _ranges.Aggregate(1L, (count, range) => count > long.MaxValue / range.Count ? long.MaxValue : count * range.Count);

    [GeneratedRegex(@"\[([0-9]{1,9})-([0-9]{1,9})\]")]
    private static partial Regex RangePattern { get; }

    /// <summary>A number of the name, and how far to go from it: <c>&lt;2&gt;</c>, <c>&lt;2+1&gt;</c>.</summary>
    [GeneratedRegex(@"<([1-9])(?:([+-])([0-9]{1,9}))?>")]
    private static partial Regex NumberPattern { get; }

    /// <summary>Reads a name.</summary>
    /// <param name="backward">The range that goes backwards, if that is why null is returned.</param>
    /// <returns>Null when there is no range in it.</returns>
    public static RangedName? Parse(string text, out string? backward)
    {
        backward = null;
        MatchCollection matches = RangePattern.Matches(text);
        if (matches.Count == 0)
        {
            return null;
        }

        var ranges = new Range[matches.Count];
        var texts = new string[matches.Count + 1];
        int end = 0;
        for (int i = 0; i < ranges.Length; i++)
        {
            Match match = matches[i];
            string first = match.Groups[1].Value;
            ranges[i] = new Range(Number(first), Number(match.Groups[2].Value), first.StartsWith('0') ? first.Length : 0);
            if (ranges[i].Count <= 0)
            {
                backward = match.Value;
                return null;
            }

            texts[i] = text[end..match.Index];
            end = match.Index + match.Length;
        }

        texts[^1] = text[end..];
        return new RangedName(texts, ranges);
    }

    /// <summary>The numbers of each name it stands for, in order.</summary>
    public IEnumerable<int[]> Numbers()
    {
        var numbers = Array.ConvertAll(_ranges, range => range.First);
        while (true)
        {
            yield return [.. numbers];
            int place = numbers.Length - 1;
            while (place >= 0 && numbers[place] == _ranges[place].Last)
            {
                numbers[place] = _ranges[place].First;
                place--;
            }

            if (place < 0)
            {
                yield break;
            }

            numbers[place]++;
        }
    }

    /// <summary>The name with these numbers.</summary>
    public string Name(int[] numbers) =>
        string.Concat(_ranges.Select((range, i) => _texts[i] + range.Format(numbers[i]))) + _texts[^1];

    /// <summary>
    /// Puts the numbers of a name in their places in a text: <c>&lt;1&gt;</c> is the first, <c>&lt;1+1&gt;</c> the one after it, where the
    /// range's first follows its last.
    /// </summary>
    /// <param name="unknown">A place for a number that the name does not have; null when there is none.</param>
    public string Fill(string text, int[] numbers, out string? unknown)
    {
        string? missing = null;
        string filled = NumberPattern.Replace(text, match =>
        {
            int place = match.Groups[1].Value[0] - '1';
            if (place >= numbers.Length)
            {
                missing = match.Value;
                return match.Value;
            }

            Range range = _ranges[place];
            long step = match.Groups[3].Success ? Number(match.Groups[3].Value) : 0;
            long offset = numbers[place] - range.First + (match.Groups[2].Value == "-" ? -step : step);
            return range.Format(range.First + (int)(((offset % range.Count) + range.Count) % range.Count));
        });
        unknown = missing;
        return filled;
    }

    private static int Number(string digits) => int.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture);
}
