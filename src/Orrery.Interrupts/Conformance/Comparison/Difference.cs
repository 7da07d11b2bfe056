using System.Globalization;
using System.Text;
using Orrery.Interrupts.Conformance.Programs;

namespace Orrery.Interrupts.Conformance.Comparison;

/// <summary>Where KVM and a model first disagree about a program.</summary>
/// <param name="Program">The program.</param>
/// <param name="Index">The operation.</param>
/// <param name="Actual">All results of KVM.</param>
/// <param name="Expected">All results of the model.</param>
public sealed record Difference(
    ConformanceProgram Program, int Index, IReadOnlyList<OperationResult> Actual, IReadOnlyList<OperationResult> Expected)
{
    /// <summary>The first disagreement, or null.</summary>
    public static Difference? Between(ConformanceProgram program, OperationResult[] actual, OperationResult[] expected)
    {
        for (int i = 0; i < program.Operations.Length; i++)
        {
            if (actual[i] != expected[i])
            {
                return new Difference(program, i, actual, expected);
            }
        }

        return null;
    }

    /// <summary>The program up to the disagreement, as a trace with KVM's results; the disagreement is its last line.</summary>
    public string ToListing()
    {
        MachineShape shape = Program.Shape;
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"gic {(int)shape.Gic}\nvcpus {shape.Vcpus}\ninterrupts {shape.InterruptCount}\n");
        for (int i = 0; i <= Index; i++)
        {
            string name = Program.Operations[i].RegisterName(shape.Gic) is { } register ? $"  # {register}" : string.Empty;
            text.Append(CultureInfo.InvariantCulture, $"{Program.Operations[i]} => {Actual[i]}{name}\n");
        }

        return text.Append(CultureInfo.InvariantCulture, $"# the model says {Expected[Index]}\n").ToString();
    }
}
