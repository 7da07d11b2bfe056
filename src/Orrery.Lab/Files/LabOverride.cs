using System.Collections.Immutable;

namespace Orrery.Lab.Files;

/// <summary>A value that replaces one of the lab file: <c>--set links.0.delay=1ms</c>.</summary>
/// <param name="Path">Keys joined by dots; a place in a list is a number from 0.</param>
/// <param name="Value">The new value as YAML.</param>
/// <param name="Label">What the user wrote, for messages.</param>
public sealed record LabOverride(string Path, string Value, string Label)
{
    /// <summary>Mappings whose keys are names that the lab gives: one that is not there is a slip, not a new section.</summary>
    private static readonly string[] NamedSections = ["nodes", "segments"];

    internal Place Place => new(Label, 0, 0);

    /// <summary>Reads the argument of <c>--set</c>, <c>PATH=VALUE</c>; null when it is not one.</summary>
    public static LabOverride? Parse(string argument)
    {
        int equals = argument.IndexOf('=');
        return equals <= 0 ? null : new LabOverride(argument[..equals], argument[(equals + 1)..], $"--set {argument}");
    }

    /// <summary>The tree with this value in its place, missing mappings added; unchanged, with a diagnostic, when there is no such place.</summary>
    internal LabValue Apply(LabValue root, List<LabDiagnostic> diagnostics)
    {
        LabValue? value = LabTreeReader.Read(Value, Label, diagnostics, fixedPlace: true);
        return value is null ? root : Apply(root, value, diagnostics);
    }

    /// <summary>The same with a value that is not to be read as YAML.</summary>
    internal LabValue Apply(LabValue root, LabValue value, List<LabDiagnostic> diagnostics) => Replace(root, "", Path, value, diagnostics);

    /// <param name="parent">The value to change.</param>
    /// <param name="section">The key it stands under.</param>
    /// <param name="path">The rest of the path, from <paramref name="parent"/> on.</param>
    private LabValue Replace(LabValue parent, string section, string path, LabValue value, List<LabDiagnostic> diagnostics) => parent switch
    {
        LabSequence sequence => ReplaceItem(sequence, path, value, diagnostics),
        LabMapping mapping => ReplaceEntry(mapping, section, path, value, diagnostics),
        // A single value gives way to a mapping: 'calendar.memory' works where the file has an empty 'calendar:'.
        _ => ReplaceEntry(new LabMapping(Place, []), section, path, value, diagnostics),
    };

    private LabSequence ReplaceItem(LabSequence sequence, string path, LabValue value, List<LabDiagnostic> diagnostics)
    {
        (string text, string? rest) = Split(path);
        if (!int.TryParse(text, out int index) || index < 0 || index >= sequence.Items.Length)
        {
            diagnostics.Add(Place.Error($"'{text}' in the path '{Path}'", $"a place from 0 in a list of {sequence.Items.Length}"));
            return sequence;
        }

        LabValue item = rest is null ? value : Replace(sequence.Items[index], text, rest, value, diagnostics);
        return new LabSequence(sequence.Place, sequence.Items.SetItem(index, item));
    }

    private LabMapping ReplaceEntry(LabMapping mapping, string section, string path, LabValue value, List<LabDiagnostic> diagnostics)
    {
        int index = FindLongest(mapping, path);
        (string name, string? rest) = index < 0 ? Split(path) : Split(path, mapping.Entries[index].Name.Length);
        if (index < 0 && rest is not null && NamedSections.Contains(section))
        {
            string[] known = [.. mapping.Entries.Select(entry => entry.Name)];
            diagnostics.Add(Place.Error($"'{name}' in the path '{Path}'", Suggestion.OneOf($"the {section}", known, name)));
            return mapping;
        }

        LabValue child = index < 0 ? new LabMapping(Place, []) : mapping.Entries[index].Value;
        var entry = new LabEntry(name, Place, rest is null ? value : Replace(child, name, rest, value, diagnostics));
        return new LabMapping(mapping.Place, index < 0 ? mapping.Entries.Add(entry) : mapping.Entries.SetItem(index, entry));
    }

    /// <summary>The entry whose name begins the path, or -1; the longest, for a name may hold a dot (a node called web.example).</summary>
    private static int FindLongest(LabMapping mapping, string path)
    {
        int found = -1;
        for (int i = 0; i < mapping.Entries.Length; i++)
        {
            string name = mapping.Entries[i].Name;
            bool begins = path == name || (path.StartsWith(name, StringComparison.Ordinal) && path[name.Length] == '.');
            if (begins && (found < 0 || name.Length > mapping.Entries[found].Name.Length))
            {
                found = i;
            }
        }

        return found;
    }

    private static (string Name, string? Tail) Split(string path)
    {
        int dot = path.IndexOf('.');
        return Split(path, dot < 0 ? path.Length : dot);
    }

    private static (string Name, string? Tail) Split(string path, int length) =>
        (path[..length], length == path.Length ? null : path[(length + 1)..]);
}
