using Orrery.Interrupts.Conformance.Live;
using Orrery.Interrupts.Gic.Kvm;

namespace Orrery.Interrupts.Conformance;

/// <summary>What to compare.</summary>
/// <param name="Gic">The interrupt controller.</param>
public sealed record ConformanceOptions(VgicKind Gic)
{
    /// <summary>How many programs.</summary>
    public int Count { get; init; } = 1000;

    /// <summary>The first of them; with seed and number, a program can be run again alone.</summary>
    public int First { get; init; }

    /// <summary>Names the sequence of programs.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>How many unexplained differences are shrunk, at most; others are only counted.</summary>
    public int ShrinkLimit { get; init; } = 10;

    /// <summary>Whether each known deviation that is seen is shrunk to a smallest case of its own.</summary>
    public bool SmallestCases { get; init; }

    /// <summary>Whether the report has a trace of every program.</summary>
    public bool Traces { get; init; }

    /// <summary>The emulated machine.</summary>
    public EmulatedHostOptions Host { get; init; } = new(Gic);
}
