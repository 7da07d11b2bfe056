using System.Collections.Immutable;
using Orrery.Interrupts.Conformance.Programs;
using Orrery.Interrupts.Gic;

namespace Orrery.Interrupts.Conformance.Comparison;

/// <summary>
/// Says of each of some programs whether it still shows what is being shrunk. False when KVM is lost; the problem says why.
/// </summary>
internal delegate bool DifferenceTest(IReadOnlyList<ConformanceProgram> candidates, out bool[] shows, out string problem);

/// <summary>
/// Makes a program smaller for as long as it shows the same difference: without ranges of its operations, halves first,
/// then ever smaller ones (delta debugging, Zeller and Hildebrandt 2002); then without vCPUs that do nothing. Candidates
/// are tested many at a time, because one exchange with KVM costs as much as the programs in it.
/// </summary>
internal static class Shrinker
{
    private const int CandidatesAtATime = Guests.KvmRunner.BatchSize;

    /// <summary>The smallest program found; the given one if none smaller shows it.</summary>
    public static bool TryShrink(ConformanceProgram program, DifferenceTest test, out ConformanceProgram smallest, out string problem)
    {
        smallest = program;
        problem = string.Empty;
        for (int length = Math.Max(1, program.Operations.Length / 2); length >= 1;)
        {
            if (!TryFirst(Without(smallest, length), test, out ConformanceProgram? smaller, out problem))
            {
                return false;
            }

            if (smaller is not null)
            {
                smallest = smaller;
                length = Math.Min(length, Math.Max(1, smaller.Operations.Length / 2));
            }
            else
            {
                length /= 2;
            }
        }

        if (TryFirst(SmallerMachines(smallest), test, out ConformanceProgram? plain, out problem))
        {
            smallest = plain ?? smallest;
            return true;
        }

        return false;
    }

    /// <summary>The program without each range of a length, later ranges first: what comes last is needed least.</summary>
    private static IEnumerable<ConformanceProgram> Without(ConformanceProgram program, int length)
    {
        for (int end = program.Operations.Length; end > 0; end -= length)
        {
            int start = Math.Max(0, end - length);
            if (end - start < program.Operations.Length)
            {
                yield return program with { Operations = program.Operations.RemoveRange(start, end - start) };
            }
        }
    }

    private static IEnumerable<ConformanceProgram> SmallerMachines(ConformanceProgram program)
    {
        ImmutableArray<Operation> operations = program.Operations;
        int used = operations.IsEmpty ? 1 : operations.Max(op =>
            1 + Math.Max(op.Vcpu, op.HasOwner ? op.Index : (byte)0));
        if (used < program.Shape.Vcpus)
        {
            yield return program with { Shape = program.Shape with { Vcpus = used } };
        }
    }

    private static bool TryFirst(
        IEnumerable<ConformanceProgram> candidates, DifferenceTest test, out ConformanceProgram? found, out string problem)
    {
        found = null;
        problem = string.Empty;
        foreach (ConformanceProgram[] some in candidates.Chunk(CandidatesAtATime))
        {
            if (!test(some, out bool[] shows, out problem))
            {
                return false;
            }

            int first = Array.IndexOf(shows, true);
            if (first >= 0)
            {
                found = some[first];
                return true;
            }
        }

        return true;
    }
}
