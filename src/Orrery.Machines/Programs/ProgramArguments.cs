using System.Globalization;
using Orrery.Simulation;

namespace Orrery.Machines.Programs;

/// <summary>A program's arguments: words, and options <c>--name value</c>. The first mistake is kept as <see cref="Error"/>.</summary>
public sealed class ProgramArguments
{
    private readonly List<string> _words = [];
    private readonly Dictionary<string, string> _options = [];
    private readonly HashSet<string> _known = [];
    private int _wordsRead;

    /// <summary>The arguments in <paramref name="arguments"/>.</summary>
    /// <param name="arguments">Without the program's own name.</param>
    /// <param name="flags">Names of options that have no value.</param>
    public ProgramArguments(IReadOnlyList<string> arguments, params string[] flags)
    {
        for (int i = 0; i < arguments.Count; i++)
        {
            if (!arguments[i].StartsWith("--", StringComparison.Ordinal))
            {
                _words.Add(arguments[i]);
                continue;
            }

            string name = arguments[i][2..];
            if (flags.Contains(name))
            {
                _options[name] = "";
            }
            else if (i + 1 < arguments.Count)
            {
                _options[name] = arguments[++i];
            }
            else
            {
                Mistake($"--{name} without a value");
            }
        }
    }

    /// <summary>What is wrong, for a person; null when nothing is.</summary>
    public string? Error { get; private set; }

    /// <summary>The next word; a mistake when there is none.</summary>
    /// <param name="meaning">What it is, for the message.</param>
    public string Word(string meaning)
    {
        if (OptionalWord() is { } word)
        {
            return word;
        }

        Mistake($"{meaning} is missing");
        return "";
    }

    /// <summary>The next word, or null.</summary>
    public string? OptionalWord() => _wordsRead < _words.Count ? _words[_wordsRead++] : null;

    /// <summary>Whether the option without a value is there.</summary>
    public bool Flag(string name) => Value(name) is not null;

    /// <summary>A whole number.</summary>
    public ulong Number(string name, ulong min, ulong max, ulong fallback)
    {
        if (Value(name) is not { } text)
        {
            return fallback;
        }

        if (ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong value) && value >= min && value <= max)
        {
            return value;
        }

        Mistake($"--{name} {text}: expected a number from {min} to {max}");
        return fallback;
    }

    /// <summary>A time with its unit.</summary>
    public SimDuration Duration(string name, SimDuration fallback)
    {
        if (Value(name) is not { } text)
        {
            return fallback;
        }

        if (SimDuration.TryParse(text, out SimDuration value, out _))
        {
            return value;
        }

        Mistake($"--{name} {text}: expected a time with its unit, such as 100ms");
        return fallback;
    }

    /// <summary>A rate in bits per second: <c>10Mbit</c>.</summary>
    public ulong BitRate(string name, ulong fallback)
    {
        if (Value(name) is not { } text)
        {
            return fallback;
        }

        (string Unit, ulong Factor)[] units = [("Gbit", 1_000_000_000), ("Mbit", 1_000_000), ("kbit", 1000), ("bit", 1)];
        foreach ((string unit, ulong factor) in units)
        {
            if (text.EndsWith(unit, StringComparison.Ordinal)
                && ulong.TryParse(text[..^unit.Length], NumberStyles.None, CultureInfo.InvariantCulture, out ulong value)
                && value > 0 && value <= ulong.MaxValue / factor)
            {
                return value * factor;
            }
        }

        Mistake($"--{name} {text}: expected a rate with its unit, such as 10Mbit");
        return fallback;
    }

    /// <summary>Everything has been read: what is left over is a mistake.</summary>
    public void CheckAllRead()
    {
        if (_wordsRead < _words.Count)
        {
            Mistake($"'{_words[_wordsRead]}' means nothing here");
        }

        foreach (string name in _options.Keys.Where(name => !_known.Contains(name)))
        {
            Mistake($"--{name} is no option; there are: {string.Join(", ", _known.Order().Select(known => $"--{known}"))}");
        }
    }

    private string? Value(string name)
    {
        _known.Add(name);
        return _options.GetValueOrDefault(name);
    }

    private void Mistake(string what) => Error ??= what;
}
