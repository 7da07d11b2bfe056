using System.Collections.Immutable;
using Orrery.Interrupts.Conformance.Comparison;
using Orrery.Interrupts.Conformance.Programs;
using Orrery.Interrupts.Gic.Kvm;

namespace Orrery.Interrupts.Conformance;

/// <summary>A program on which KVM differs from the models, and nothing known explains it.</summary>
/// <param name="Number">The program's number in the sequence.</param>
/// <param name="Difference">The first difference of the smallest program found that still differs.</param>
/// <param name="IsReproducible">Whether the program differed again when it was run alone.</param>
public sealed record UnexplainedDifference(int Number, Difference Difference, bool IsReproducible);

/// <summary>A small program on which one known deviation, and no other, tells KVM from the architecture.</summary>
/// <param name="Known">The deviation.</param>
/// <param name="Trace">The program and what KVM did.</param>
public sealed record SmallestCase(KnownDeviation Known, ProgramTrace Trace);

/// <summary>How a comparison went.</summary>
public sealed record ConformanceReport
{
    /// <summary>The controller.</summary>
    public required VgicKind Gic { get; init; }

    /// <summary>The kernel compared with.</summary>
    public required string KernelRelease { get; init; }

    /// <summary>The sequence of programs.</summary>
    public required ulong Seed { get; init; }

    /// <summary>How many programs ended in each verdict.</summary>
    public required ImmutableSortedDictionary<VerdictKind, int> Verdicts { get; init; }

    /// <summary>For each known deviation, in how many programs it was seen.</summary>
    public required ImmutableSortedDictionary<string, int> Seen { get; init; }

    /// <summary>A smallest case of each deviation seen, if asked for.</summary>
    public ImmutableArray<SmallestCase> SmallestCases { get; init; } = [];

    /// <summary>Every program and what KVM did, if asked for.</summary>
    public ImmutableArray<ProgramTrace> Traces { get; init; } = [];

    /// <summary>What nothing known explains, smallest cases first found.</summary>
    public required ImmutableArray<UnexplainedDifference> Unexplained { get; init; }

    /// <summary>Programs run.</summary>
    public int Programs => Verdicts.Values.Sum();
}
