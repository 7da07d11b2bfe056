using System.Collections.Immutable;
using System.Text;

namespace Orrery.Interrupts.Conformance.Programs;

/// <summary>A file of traces, one after the other with a line of three dashes between them.</summary>
public static class TraceFile
{
    private const string Separator = "---";

    /// <summary>Parses a file. False, with the line and what was expected there, when any part of it is no trace.</summary>
    public static bool TryParse(string text, out ImmutableArray<ProgramTrace> traces, out string problem)
    {
        var parsed = ImmutableArray.CreateBuilder<ProgramTrace>();
        var part = new StringBuilder();
        int firstLine = 1, line = 0;
        traces = [];
        foreach (ReadOnlySpan<char> each in text.AsSpan().EnumerateLines())
        {
            line++;
            if (!each.SequenceEqual(Separator))
            {
                part.Append(each).Append('\n');
                continue;
            }

            if (!TryAdd(part, firstLine, parsed, out problem))
            {
                return false;
            }

            firstLine = line + 1;
        }

        if (!TryAdd(part, firstLine, parsed, out problem))
        {
            return false;
        }

        traces = parsed.ToImmutable();
        return true;
    }

    /// <summary>The file.</summary>
    public static string Format(IEnumerable<ProgramTrace> traces) => string.Join($"{Separator}\n", traces);

    private static bool TryAdd(
        StringBuilder part, int firstLine, ImmutableArray<ProgramTrace>.Builder parsed, out string problem)
    {
        if (!ProgramTrace.TryParse(part.ToString(), firstLine, out ProgramTrace? trace, out problem))
        {
            return false;
        }

        parsed.Add(trace);
        part.Clear();
        return true;
    }
}
