using System.Collections.Immutable;
using Orrery.Interrupts.Gic;
using Orrery.Interrupts.Gic.Kvm;

namespace Orrery.Interrupts.Conformance.Comparison;

/// <summary>Whose deviation it is.</summary>
public enum DeviationOrigin : byte
{
    /// <summary>KVM's: seen on every machine.</summary>
    Kvm,

    /// <summary>That of the virtual CPU interface which the emulator offers in place of hardware.</summary>
    Emulator,
}

/// <summary>
/// A known way in which KVM differs from the architecture; what a comparison may meet without it being news. Each has a
/// page entry in docs/kvm-deviations.md and a smallest case among the goldens, both under its identifier.
/// </summary>
/// <param name="Id">K and two digits (KVM) or E and two digits (emulator).</param>
/// <param name="Title">One line.</param>
/// <param name="Gics">The controllers that have it.</param>
public sealed partial record KnownDeviation(string Id, string Title, ImmutableArray<VgicKind> Gics)
{
    /// <summary>The flag under which the models do the same; none if they cannot, because it depends on when a vCPU leaves its guest.</summary>
    public GicDeviations Flag { get; init; }

    /// <summary>Whether what is seen depends on when a vCPU happens to leave its guest: a tick of the host is enough.</summary>
    public bool DependsOnTiming { get; init; }

    /// <summary>What happens, where it comes from, and what it means for a guest or a VMM.</summary>
    public required string Explanation { get; init; }

    /// <summary>What makes it possible, where there is no flag: what the program did before the difference.</summary>
    internal DeviationTrigger? Trigger { get; init; }

    /// <summary>Whose it is.</summary>
    public DeviationOrigin Origin => Id[0] == 'K' ? DeviationOrigin.Kvm : DeviationOrigin.Emulator;

    /// <summary>Those of one controller.</summary>
    public static IEnumerable<KnownDeviation> Of(VgicKind gic) => All.Where(known => known.Gics.Contains(gic));

    /// <summary>All flags of one controller's deviations.</summary>
    public static GicDeviations FlagsOf(VgicKind gic) =>
        Of(gic).Aggregate(GicDeviations.None, (flags, known) => flags | known.Flag);
}
