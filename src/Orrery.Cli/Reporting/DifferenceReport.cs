using Orrery.Lab.Records;
using Orrery.Simulation;

namespace Orrery.Cli.Reporting;

/// <summary>The first difference of two runs in words, both sides decoded.</summary>
internal sealed class DifferenceReport(TextWriter output)
{
    private const int FieldsShownMax = 16;
    private const int NodesShownMax = 20;

    public void Write(RecordFileHeader first, RecordFileHeader second, RunDifference difference)
    {
        WriteHeaders(first, second);
        output.WriteLine($"first difference at {RecordText.Seconds(difference.Time)}: {difference.Stream}");
        DecodedFrame? left = Decode(difference.Left);
        DecodedFrame? right = Decode(difference.Right);
        output.WriteLine($"  run 1  {Side(difference.Left, left)}");
        output.WriteLine($"  run 2  {Side(difference.Right, right)}");
        if (left is not null && right is not null)
        {
            WriteFields(left, right);
        }

        WriteBytes(difference);
        if (difference.Others.Count > 0)
        {
            output.WriteLine($"  also different by then: {string.Join(", ", difference.Others)}");
        }

        WriteBefore(difference);
    }

    private void WriteHeaders(RecordFileHeader first, RecordFileHeader second)
    {
        if (first.Lab != second.Lab)
        {
            output.WriteLine($"the labs differ: '{first.Lab}' and '{second.Lab}'");
        }

        if (first.Seed != second.Seed)
        {
            output.WriteLine($"the seeds differ: {first.Seed} and {second.Seed}");
        }

        if (first.StartUnixNs != second.StartUnixNs)
        {
            output.WriteLine("the wall clocks at the start differ");
        }
    }

    private static DecodedFrame? Decode(StoredRecord? record) =>
        record?.Kind == RecordKind.Frame ? Tshark.Decode(record.Payload) : null;

    private static string Side(StoredRecord? record, DecodedFrame? decoded) => record is null
        ? "nothing more"
        : $"{RecordText.Seconds(record.Time)}  {decoded?.Summary ?? RecordText.Describe(record)}";

    /// <summary>The lines of the full decode that only one side has.</summary>
    private void WriteFields(DecodedFrame left, DecodedFrame right)
    {
        WriteLines("-", left.Fields.Except(right.Fields));
        WriteLines("+", right.Fields.Except(left.Fields));
    }

    private void WriteLines(string mark, IEnumerable<string> lines)
    {
        foreach (string line in lines.Take(FieldsShownMax))
        {
            output.WriteLine($"    {mark} {line}");
        }
    }

    private void WriteBytes(RunDifference difference)
    {
        if (difference.Left is not { Kind: RecordKind.Frame } left || difference.Right is not { } right)
        {
            return;
        }

        int common = left.Payload.AsSpan().CommonPrefixLength(right.Payload);
        output.WriteLine(common == left.Payload.Length && common == right.Payload.Length
            ? "  the frames are equal, their times differ"
            : $"  first differing byte: {common} of {left.Payload.Length} and {right.Payload.Length}");
    }

    private void WriteBefore(RunDifference difference)
    {
        if (difference.Before.Count == 0)
        {
            return;
        }

        output.WriteLine("what came just before, the same in both:");
        foreach ((string node, IReadOnlyList<StoredRecord> records) in difference.Before.Take(NodesShownMax))
        {
            output.WriteLine($"  {node}");
            foreach (StoredRecord record in records)
            {
                output.WriteLine($"    {RecordText.Line(record)}");
            }
        }

        if (difference.Before.Count > NodesShownMax)
        {
            output.WriteLine($"  ... and {difference.Before.Count - NodesShownMax} more nodes");
        }
    }
}
