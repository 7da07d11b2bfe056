using System.Collections.Immutable;
using Orrery.Interrupts.Conformance.Models;
using Orrery.Interrupts.Conformance.Programs;
using Orrery.Interrupts.Gic;

namespace Orrery.Interrupts.Conformance.Comparison;

/// <summary>What came of comparing KVM with the models on one program.</summary>
public enum VerdictKind : byte
{
    /// <summary>KVM does what the architecture says.</summary>
    Architecture,

    /// <summary>KVM does what the architecture says but for known deviations, which the model reproduces exactly.</summary>
    Reproduced,

    /// <summary>KVM differs after a known deviation that depends on timing became possible.</summary>
    AfterTrigger,

    /// <summary>The program depends on which of two equal priorities comes first, which the architecture leaves open.</summary>
    Ambiguous,

    /// <summary>KVM differs, and nothing known explains it.</summary>
    Unexplained,
}

/// <summary>The judgement of one program's results.</summary>
/// <param name="Kind">Which.</param>
/// <param name="Known">The deviations that explain a difference from the architecture; none if there is no difference.</param>
/// <param name="Difference">The first difference from the nearest model, if one remains.</param>
public sealed record Verdict(VerdictKind Kind, ImmutableArray<KnownDeviation> Known, Difference? Difference)
{
    /// <summary>Judges what KVM did.</summary>
    public static Verdict Of(ConformanceProgram program, OperationResult[] actual)
    {
        if (Equals(program, actual, GicDeviations.None))
        {
            return new Verdict(VerdictKind.Architecture, [], null);
        }

        GicDeviations all = KnownDeviation.FlagsOf(program.Shape.Gic);
        OperationResult[] expected = ModelMachine.Run(program, all);
        if (Difference.Between(program, actual, expected) is not { } difference)
        {
            return new Verdict(VerdictKind.Reproduced, Smallest(program, actual), null);
        }

        if (!expected.AsSpan().SequenceEqual(ModelMachine.Run(program, all | GicDeviations.TiesToHighest)))
        {
            return new Verdict(VerdictKind.Ambiguous, [], difference);
        }

        ImmutableArray<KnownDeviation> triggered =
        [
            .. KnownDeviation.Of(program.Shape.Gic)
                .Where(known => known.Trigger?.FirstIn(program, all) is { } first && first < difference.Index),
        ];
        return new Verdict(triggered.IsEmpty ? VerdictKind.Unexplained : VerdictKind.AfterTrigger, triggered, difference);
    }

    /// <summary>The deviations without which the model no longer does the same.</summary>
    private static ImmutableArray<KnownDeviation> Smallest(ConformanceProgram program, OperationResult[] actual)
    {
        GicDeviations kept = KnownDeviation.FlagsOf(program.Shape.Gic);
        var needed = ImmutableArray.CreateBuilder<KnownDeviation>();
        foreach (KnownDeviation known in KnownDeviation.Of(program.Shape.Gic))
        {
            if (known.Flag == GicDeviations.None)
            {
                continue;
            }

            if (Equals(program, actual, kept & ~known.Flag))
            {
                kept &= ~known.Flag;
            }
            else
            {
                needed.Add(known);
            }
        }

        return needed.ToImmutable();
    }

    private static bool Equals(ConformanceProgram program, OperationResult[] actual, GicDeviations deviations) =>
        ModelMachine.Run(program, deviations).AsSpan().SequenceEqual(actual);
}
