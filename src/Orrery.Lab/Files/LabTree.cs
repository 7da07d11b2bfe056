using System.Collections.Immutable;

namespace Orrery.Lab.Files;

/// <summary>Where a value of a lab file stands.</summary>
/// <param name="File">The file, or the override that set the value.</param>
/// <param name="Line">From 1; 0 for an override.</param>
/// <param name="Column">From 1; 0 for an override.</param>
internal readonly record struct Place(string File, int Line, int Column)
{
    public LabDiagnostic Error(string found, string expected) => new(File, Line, Column, found, expected);

    public LabDiagnostic Warning(string found, string expected) => new(File, Line, Column, found, expected, IsWarning: true);
}

/// <summary>A value of a YAML document with the place it stands at; an alias is the very value it stands for.</summary>
/// <param name="Place">Where it begins.</param>
/// <param name="Count">Values in it, itself included, aliases counted as often as they are used.</param>
/// <param name="Depth">Levels in it, 1 for a scalar.</param>
internal abstract record LabValue(Place Place, int Count, int Depth)
{
    /// <summary>The value in few words, for messages.</summary>
    public abstract string Describe();
}

/// <param name="Text">The value, quotes and escapes undone.</param>
/// <param name="IsPlain">Written without quotes, so that <c>true</c>, <c>~</c> and nothing at all keep their meaning.</param>
internal sealed record LabScalar(Place Place, string Text, bool IsPlain) : LabValue(Place, 1, 1)
{
    private const int DescribedLength = 60;

    public bool IsNull => IsPlain && Text is "" or "~" or "null";

    public override string Describe()
    {
        if (IsNull)
        {
            return "nothing";
        }

        string line = Text.ReplaceLineEndings("\\n");
        return line.Length <= DescribedLength ? $"'{line}'" : $"'{line[..DescribedLength]}...'";
    }
}

internal sealed record LabSequence(Place Place, ImmutableArray<LabValue> Items)
    : LabValue(Place, 1 + Items.Sum(item => item.Count), 1 + Items.Max(item => (int?)item.Depth) ?? 1)
{
    public override string Describe() => Items.IsEmpty ? "an empty list" : "a list";
}

/// <param name="Entries">In the order of the file; names are unique.</param>
internal sealed record LabMapping(Place Place, ImmutableArray<LabEntry> Entries)
    : LabValue(Place, 1 + Entries.Sum(entry => 1 + entry.Value.Count), 1 + Entries.Max(entry => (int?)entry.Value.Depth) ?? 1)
{
    public LabValue? Find(string name)
    {
        foreach (LabEntry entry in Entries)
        {
            if (entry.Name == name)
            {
                return entry.Value;
            }
        }

        return null;
    }

    public override string Describe() => Entries.IsEmpty ? "an empty mapping" : "a mapping";
}

/// <summary>A name and its value in a mapping.</summary>
internal readonly record struct LabEntry(string Name, Place Place, LabValue Value);
