using System.Globalization;

namespace Orrery.Interrupts.Conformance.Programs;

/// <summary>Reads a line word by word; a place in it is a column, counted from 1.</summary>
internal ref struct TextCursor(ReadOnlySpan<char> line)
{
    private readonly ReadOnlySpan<char> _line = line;
    private int _at;

    /// <summary>Where the last word began.</summary>
    public int Column { get; private set; } = 1;

    /// <summary>The next word, up to a blank; empty at the end.</summary>
    public ReadOnlySpan<char> Word()
    {
        while (_at < _line.Length && IsBlank(_line[_at]))
        {
            _at++;
        }

        Column = _at + 1;
        int start = _at;
        while (_at < _line.Length && !IsBlank(_line[_at]))
        {
            _at++;
        }

        return _line[start.._at];
    }

    /// <summary>What follows, without blanks at either end.</summary>
    public readonly ReadOnlySpan<char> Rest => _line[_at..].Trim();

    /// <summary>A word that is a number: decimal, or hexadecimal with 0x.</summary>
    public bool TryNumber(ulong limit, out ulong value) => TryParse(Word(), limit, out value);

    public static bool TryParse(ReadOnlySpan<char> text, ulong limit, out ulong value)
    {
        bool parsed = text.StartsWith("0x", StringComparison.Ordinal)
            ? ulong.TryParse(text[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value)
            : ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
        return parsed && value <= limit;
    }

    private static bool IsBlank(char c) => c is ' ' or '\t';
}
