using System.Globalization;
using Orrery.Simulation;

namespace Orrery.Lab.Files;

/// <summary>
/// A mapping of a lab file, read key by key. What is wrong is reported and read as absent, so that one look at a file
/// finds everything in it.
/// </summary>
internal sealed class Section
{
    private readonly LabMapping _mapping;
    private readonly List<LabDiagnostic> _diagnostics;

    /// <param name="value">The mapping; anything else is reported and read as an empty one.</param>
    /// <param name="what">What it describes, for messages: "a link".</param>
    /// <param name="keys">The keys it may have; null: any.</param>
    public Section(LabValue value, string what, IReadOnlyCollection<string>? keys, List<LabDiagnostic> diagnostics)
    {
        _diagnostics = diagnostics;
        _mapping = value as LabMapping ?? new LabMapping(value.Place, []);
        if (value is not LabMapping && value is not LabScalar { IsNull: true })
        {
            diagnostics.Add(value.Place.Error(value.Describe(), $"a mapping that describes {what}"));
        }

        if (keys is not null)
        {
            ReportUnknown(what, keys);
        }
    }

    public Place Place => _mapping.Place;

    public IEnumerable<LabEntry> Entries => _mapping.Entries;

    /// <summary>The value of a key; null when it is absent or empty.</summary>
    public LabValue? Find(string key) => _mapping.Find(key) is { } value and not LabScalar { IsNull: true } ? value : null;

    /// <summary>A section below this one.</summary>
    public Section? FindSection(string key, string what, IReadOnlyCollection<string>? keys) =>
        Find(key) is { } value ? new Section(value, what, keys, _diagnostics) : null;

    /// <summary>A single value as text.</summary>
    public LabScalar? Scalar(string key, string expected)
    {
        LabValue? value = Find(key);
        if (value is null or LabScalar)
        {
            return value as LabScalar;
        }

        Report(value, expected);
        return null;
    }

    public string? Text(string key, string expected) => Scalar(key, expected)?.Text;

    /// <summary>A list of texts, or one alone.</summary>
    public IEnumerable<LabScalar> Texts(string key, string expected) => Find(key) is { } value ? Texts(value, expected) : [];

    /// <summary>The texts of a list, or the one that stands alone.</summary>
    public IEnumerable<LabScalar> Texts(LabValue value, string expected)
    {
        foreach (LabValue item in value is LabSequence list ? [.. list.Items] : new[] { value })
        {
            if (item is LabScalar { IsNull: false } scalar)
            {
                yield return scalar;
            }
            else
            {
                Report(item, expected);
            }
        }
    }

    public ulong? Number(string key, string expected)
    {
        LabScalar? scalar = Scalar(key, expected);
        if (scalar is null)
        {
            return null;
        }

        bool hex = scalar.Text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        if (ulong.TryParse(hex ? scalar.Text.AsSpan(2) : scalar.Text, hex ? NumberStyles.AllowHexSpecifier : NumberStyles.None, null, out ulong number))
        {
            return number;
        }

        Report(scalar, expected);
        return null;
    }

    public bool? Switch(string key)
    {
        const string expected = "on or off";
        LabScalar? scalar = Scalar(key, expected);
        switch (scalar?.Text)
        {
            case null: return null;
            case "on" or "true" or "yes": return true;
            case "off" or "false" or "no": return false;
        }

        Report(scalar, expected);
        return null;
    }

    public SimDuration? Duration(string key)
    {
        LabScalar? scalar = Scalar(key, "a time such as 5ms");
        if (scalar is null)
        {
            return null;
        }

        if (SimDuration.TryParse(scalar.Text, out SimDuration duration, out DurationError error))
        {
            return duration;
        }

        Report(scalar, Expected(error));
        return null;
    }

    /// <summary>The second half of a message about a text that is not a duration.</summary>
    public static string Expected(DurationError error) => error.Expected()["expected ".Length..];

    public ulong? Size(string key)
    {
        LabScalar? scalar = Scalar(key, ByteSize.Expected);
        if (scalar is null)
        {
            return null;
        }

        if (ByteSize.TryParse(scalar.Text, out ulong bytes))
        {
            return bytes;
        }

        Report(scalar, ByteSize.Expected);
        return null;
    }

    /// <summary>One of a few words; the first when the key is absent or wrong.</summary>
    /// <param name="what">What the words are, in the plural: "the kinds".</param>
    public string Word(string key, string what, IReadOnlyList<string> words)
    {
        LabScalar? scalar = Scalar(key, Suggestion.OneOf(what, words, ""));
        if (scalar is null || words.Contains(scalar.Text))
        {
            return scalar?.Text ?? words[0];
        }

        Report(scalar, Suggestion.OneOf(what, words, scalar.Text));
        return words[0];
    }

    public void Report(LabValue value, string expected) => _diagnostics.Add(value.Place.Error(value.Describe(), expected));

    private void ReportUnknown(string what, IReadOnlyCollection<string> keys)
    {
        foreach (LabEntry entry in _mapping.Entries)
        {
            if (!keys.Contains(entry.Name))
            {
                _diagnostics.Add(entry.Place.Error($"key '{entry.Name}'", Suggestion.OneOf($"the keys of {what}", keys, entry.Name)));
            }
        }
    }
}
