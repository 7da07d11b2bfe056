using System.Collections.Immutable;

namespace Orrery.Lab.Files;

/// <summary>
/// Writes out what a lab file says of many nodes or segments at once: names with ranges (<see cref="RangedName"/>), and their
/// numbers in what is said of each. Every copy stands where its pattern stands.
/// </summary>
internal sealed class RangeExpansion
{
    private readonly List<LabDiagnostic> _diagnostics;
    private long _count;

    private RangeExpansion(List<LabDiagnostic> diagnostics) => _diagnostics = diagnostics;

    /// <summary>The lab with every node, segment, and node of a segment written out.</summary>
    public static LabValue Apply(LabValue root, List<LabDiagnostic> diagnostics)
    {
        var expansion = new RangeExpansion(diagnostics);
        return root is not LabMapping lab ? root : new LabMapping(lab.Place, [.. lab.Entries.Select(entry => (entry.Name, entry.Value) switch
        {
            ("nodes", LabMapping nodes) => entry with { Value = expansion.WriteOut(nodes, value => value) },
            ("segments", LabMapping segments) => entry with { Value = expansion.WriteOut(segments, expansion.Segment) },
            _ => entry,
        })]);
    }

    private LabMapping WriteOut(LabMapping named, Func<LabValue, LabValue> complete)
    {
        var entries = ImmutableArray.CreateBuilder<LabEntry>();
        var names = new HashSet<string>();
        foreach (LabEntry entry in named.Entries.SelectMany(WriteOut))
        {
            if (names.Add(entry.Name))
            {
                entries.Add(entry with { Value = complete(entry.Value) });
            }
            else
            {
                _diagnostics.Add(entry.Place.Error($"'{entry.Name}' a second time", "each name once"));
            }
        }

        return new LabMapping(named.Place, entries.DrainToImmutable());
    }

    private IEnumerable<LabEntry> WriteOut(LabEntry entry)
    {
        if (Parse(entry.Name, entry.Place) is not { } pattern)
        {
            yield return entry;
        }
        else if (HasRoom(pattern, entry.Value.Count, entry.Place))
        {
            foreach (int[] numbers in pattern.Numbers())
            {
                yield return entry with { Name = pattern.Name(numbers), Value = Fill(entry.Value, pattern, numbers) };
            }
        }
    }

    private LabValue Segment(LabValue segment) =>
        segment is not LabMapping mapping ? segment : new LabMapping(mapping.Place, [.. mapping.Entries.Select(entry =>
            entry.Name == "nodes" ? entry with { Value = Nodes(entry.Value) } : entry)]);

    private LabValue Nodes(LabValue nodes) => nodes switch
    {
        LabScalar scalar when Parse(scalar.Text, scalar.Place) is not null => new LabSequence(scalar.Place, [.. Nodes(scalar)]),
        LabSequence list => new LabSequence(list.Place, [.. list.Items.SelectMany(item => item is LabScalar scalar ? Nodes(scalar) : [item])]),
        _ => nodes,
    };

    private IEnumerable<LabValue> Nodes(LabScalar node) =>
        Parse(node.Text, node.Place) is not { } pattern ? [node]
        : HasRoom(pattern, node.Count, node.Place) ? pattern.Numbers().Select(numbers => node with { Text = pattern.Name(numbers) })
        : [];

    private LabValue Fill(LabValue value, RangedName name, int[] numbers)
    {
        switch (value)
        {
            case LabScalar scalar:
                string text = name.Fill(scalar.Text, numbers, out string? unknown);
                if (unknown is not null)
                {
                    _diagnostics.Add(scalar.Place.Error($"'{unknown}'", "the place of a range in the name, from <1> on"));
                }

                return scalar with { Text = text };
            case LabSequence list:
                return new LabSequence(list.Place, [.. list.Items.Select(item => Fill(item, name, numbers))]);
            case LabMapping mapping:
                return new LabMapping(mapping.Place, [.. mapping.Entries.Select(entry => entry with { Value = Fill(entry.Value, name, numbers) })]);
            default:
                return value;
        }
    }

    private RangedName? Parse(string text, Place place)
    {
        var pattern = RangedName.Parse(text, out string? backward);
        if (backward is not null)
        {
            _diagnostics.Add(place.Error($"the range {backward}", "the lower number first"));
        }

        return pattern;
    }

    /// <summary>A file of a few lines must not fill the memory.</summary>
    private bool HasRoom(RangedName pattern, int values, Place place)
    {
        _count = Math.Min(long.MaxValue / 2, _count + (pattern.Count > LabTreeReader.CountMax ? LabTreeReader.CountMax + 1 : pattern.Count * values));
        if (_count <= LabTreeReader.CountMax)
        {
            return true;
        }

        _diagnostics.Add(place.Error($"more than {LabTreeReader.CountMax} values, ranges written out", "fewer"));
        return false;
    }
}
