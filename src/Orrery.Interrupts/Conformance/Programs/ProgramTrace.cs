using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using Orrery.Interrupts.Conformance.Live;
using Orrery.Interrupts.Gic;
using Orrery.Interrupts.Gic.Kvm;

namespace Orrery.Interrupts.Conformance.Programs;

/// <summary>
/// A program and what its operations gave on real KVM, as a text file: what a golden is, and what a report of a
/// difference can be saved as.
/// </summary>
/// <remarks>
/// Lines: <c># title or comment</c>; then <c>gic 3</c>, <c>vcpus 1</c>, <c>interrupts 64</c>, and, when recorded,
/// <c>recorded on RELEASE</c>; then one operation on each line, followed by <c>=> result</c> when it has been recorded, and by <c># comment</c>.
/// </remarks>
public sealed record ProgramTrace(ConformanceProgram Program, ImmutableArray<OperationResult> Results)
{
    private const string Arrow = "=>";
    private const int LineLimit = 256;

    /// <summary>What it shows: the comment lines at its head, without their marks.</summary>
    public ImmutableArray<string> Title { get; init; } = [];

    /// <summary>The kernel it was recorded on; empty if it was not recorded.</summary>
    public string RecordedOn { get; init; } = string.Empty;

    /// <summary>Whether every operation has a result.</summary>
    public bool IsRecorded => Results.Length == Program.Operations.Length;

    /// <summary>Parses a file. False, with the line and what was expected there, when it is not a trace.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out ProgramTrace? trace, out string problem) =>
        TryParse(text, firstLine: 1, out trace, out problem);

    /// <summary>As the other, for a part of a file that begins at a line of it.</summary>
    internal static bool TryParse(string text, int firstLine, [NotNullWhen(true)] out ProgramTrace? trace, out string problem)
    {
        var parser = new Parser();
        int number = firstLine - 1;
        foreach (ReadOnlySpan<char> line in text.AsSpan().EnumerateLines())
        {
            number++;
            string? expected = line.Length > LineLimit ? $"at most {LineLimit} characters" : parser.Line(line);
            if (expected is not null)
            {
                trace = null;
                problem = $"line {number}: {expected}";
                return false;
            }
        }

        if (!parser.TryFinish(out trace, out problem))
        {
            problem = $"line {number}: {problem}";
            return false;
        }

        return true;
    }

    /// <summary>The file.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (string line in Title)
        {
            text.Append("# ").Append(line).Append('\n');
        }

        MachineShape shape = Program.Shape;
        text.Append(CultureInfo.InvariantCulture, $"gic {(int)shape.Gic}\nvcpus {shape.Vcpus}\ninterrupts {shape.InterruptCount}\n");
        if (RecordedOn.Length > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"recorded on {RecordedOn}\n");
        }

        for (int i = 0; i < Program.Operations.Length; i++)
        {
            text.Append(Program.Operations[i]);
            if (i < Results.Length)
            {
                text.Append(' ').Append(Arrow).Append(' ').Append(Results[i]);
            }

            text.Append('\n');
        }

        return text.ToString();
    }

    private sealed class Parser
    {
        private readonly List<string> _title = [];
        private readonly List<Operation> _operations = [];
        private readonly List<OperationResult> _results = [];
        private string _recordedOn = string.Empty;
        private int _gic, _vcpus, _interrupts;

        /// <summary>Takes a line; what was expected when it does not fit, else null.</summary>
        public string? Line(ReadOnlySpan<char> line)
        {
            line = line.Trim();
            if (line.IsEmpty)
            {
                return null;
            }

            int comment = line.IndexOf('#');
            if (comment > 0)
            {
                line = line[..comment].TrimEnd();
            }

            if (line[0] == '#')
            {
                if (_operations.Count == 0)
                {
                    _title.Add(line[1..].Trim().ToString());
                }

                return null;
            }

            var cursor = new TextCursor(line);
            switch (cursor.Word())
            {
                case "gic":
                    return Number(ref cursor, 2, 3, 1, out _gic);
                case "vcpus":
                    return Number(ref cursor, 1, MachineShape.VcpuLimit, 1, out _vcpus);
                case "interrupts":
                    return Number(ref cursor, 64, 1024, 32, out _interrupts);
                case "recorded":
                    cursor.Word();
                    _recordedOn = cursor.Rest.ToString();
                    return null;
                default:
                    return OperationLine(line);
            }
        }

        public bool TryFinish([NotNullWhen(true)] out ProgramTrace? trace, out string problem)
        {
            trace = null;
            if (_gic == 0 || _vcpus == 0 || _interrupts == 0)
            {
                problem = "the lines 'gic', 'vcpus' and 'interrupts' are needed";
                return false;
            }

            if (_results.Count != 0 && _results.Count != _operations.Count)
            {
                problem = "either all operations have a result or none has";
                return false;
            }

            foreach (Operation op in _operations)
            {
                if (op.Vcpu >= _vcpus || (op.HasOwner && op.Index >= _vcpus))
                {
                    problem = $"the machine has {_vcpus} vCPUs: {op}";
                    return false;
                }
            }

            var shape = new MachineShape((VgicKind)_gic, _vcpus, _interrupts);
            trace = new ProgramTrace(new ConformanceProgram(shape, [.. _operations]), [.. _results])
            {
                Title = [.. _title],
                RecordedOn = _recordedOn,
            };
            problem = string.Empty;
            return true;
        }

        private static string? Number(ref TextCursor cursor, int low, int high, int step, out int value)
        {
            bool parsed = cursor.TryNumber((ulong)high, out ulong number);
            value = (int)number;
            return parsed && value >= low && value % step == 0 && cursor.Rest.IsEmpty
                ? null
                : $"expected a number from {low} to {high}" + (step > 1 ? $" in steps of {step}" : string.Empty);
        }

        private string? OperationLine(ReadOnlySpan<char> line)
        {
            if (_operations.Count == ConformanceProgram.OperationLimit)
            {
                return $"more than {ConformanceProgram.OperationLimit} operations";
            }

            int arrow = line.IndexOf(Arrow, StringComparison.Ordinal);
            ReadOnlySpan<char> text = arrow < 0 ? line : line[..arrow];
            if (!OperationText.TryParse(text, out Operation op, out string problem))
            {
                return problem;
            }

            _operations.Add(op);
            if (arrow < 0)
            {
                return null;
            }

            if (!OperationText.TryParseResult(line[(arrow + Arrow.Length)..], out OperationResult result))
            {
                return "expected a result behind '=>': 0x1b, [27 27], fault 0x00, error 22 or missing";
            }

            _results.Add(result);
            return null;
        }
    }
}
