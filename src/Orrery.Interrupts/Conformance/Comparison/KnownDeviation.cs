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
public sealed record KnownDeviation(string Id, string Title, ImmutableArray<VgicKind> Gics)
{
    /// <summary>The flag under which the models do the same; none if they cannot, because it depends on when a vCPU leaves its guest.</summary>
    public GicDeviations Flag { get; init; }

    /// <summary>What makes it possible, where there is no flag: what the program did before the difference.</summary>
    internal DeviationTrigger? Trigger { get; init; }

    /// <summary>Whose it is.</summary>
    public DeviationOrigin Origin => Id[0] == 'K' ? DeviationOrigin.Kvm : DeviationOrigin.Emulator;

    private static readonly ImmutableArray<VgicKind> Both = [VgicKind.GicV2, VgicKind.GicV3];

    /// <summary>All of them.</summary>
    public static ImmutableArray<KnownDeviation> All { get; } =
    [
        new("K01", "the software latch of a level interrupt lives until deactivation, and is lost then", Both)
            { Flag = GicDeviations.LevelLatchLivesUntilDeactivation },
        new("K02", "one enable bit of the distributor gates both groups", Both) { Flag = GicDeviations.SingleGroupEnable },
        new("K03", "every \"high\" told for an edge interrupt is an edge", Both) { Flag = GicDeviations.EveryHighIsAnEdge },
        new("K04", "an SPI goes to the lowest CPU of its target list only", [VgicKind.GicV2]) { Flag = GicDeviations.LowestTargetOnly },
        new("K05", "an EOI deactivates only what has the priority that it drops", [VgicKind.GicV3])
            { Flag = GicDeviations.EoiDeactivatesMatchOnly },
        new("K06", "an SGI is active from one source at most", [VgicKind.GicV2]) { Flag = GicDeviations.SgiActiveFromOneSource },
        new("K07", "GICD_STATUSR reads as ones", [VgicKind.GicV3]) { Flag = GicDeviations.StatusReadsAsOnes },
        new("K08", "the identification registers of the distributor read as zero", [VgicKind.GicV2])
            { Flag = GicDeviations.NoPeripheralId },
        new("K09", "GICD_IROUTER.IRM is not kept", [VgicKind.GicV3]) { Flag = GicDeviations.NoOneOfN },
        new("K10", "a refused write of ICC_CTLR_EL1 lowers the bits advertised", [VgicKind.GicV3])
            { Flag = GicDeviations.RefusedControlLowersBits },
        new("K11", "GICC_APR holds the active priorities of both groups", [VgicKind.GicV2])
            { Flag = GicDeviations.SharedActivePriorities },
        new("K12", "interrupts are delivered from lists of vCPUs, which are looked at late", Both)
            { Flag = GicDeviations.DeliversFromLists },
        new("K13", "further sources of an SGI withhold everything less urgent", [VgicKind.GicV2])
            { Flag = GicDeviations.PendingSourcesHide },
        new("K14", "an active interrupt that is pending again is delivered although disabled meanwhile", Both)
            { Trigger = DeviationTrigger.PendingWhileActiveAndDisabled },
        new("K15", "more interrupts at once than there are list registers", Both) { Trigger = DeviationTrigger.MoreThanListRegisters },
        new("K16", "an active interrupt less urgent than an SGI with further sources is forgotten meanwhile", [VgicKind.GicV2])
            { Trigger = DeviationTrigger.ActiveBehindWaitingSgi },
        new("E01", "GICC_HPPIR obeys the priority mask and names no source", [VgicKind.GicV2])
            { Flag = GicDeviations.HighestPendingObeysMask },
        new("E02", "GICC_IAR reads 1022 also for what would not preempt", [VgicKind.GicV2]) { Flag = GicDeviations.WrongGroupWhateverRuns },
        new("E03", "preemption compares whole priorities", [VgicKind.GicV2]) { Flag = GicDeviations.PreemptsByWholePriority },
        new("E04", "GICC_ABPR keeps values below its smallest for a while", [VgicKind.GicV2]) { Flag = GicDeviations.AliasBinaryPointFromOne },
        new("E05", "the group enables of GICC_CTLR gate the signal only", [VgicKind.GicV2]) { Flag = GicDeviations.EnableGatesSignalOnly },
    ];

    /// <summary>Those of one controller.</summary>
    public static IEnumerable<KnownDeviation> Of(VgicKind gic) => All.Where(known => known.Gics.Contains(gic));

    /// <summary>All flags of one controller's deviations.</summary>
    public static GicDeviations FlagsOf(VgicKind gic) =>
        Of(gic).Aggregate(GicDeviations.None, (flags, known) => flags | known.Flag);
}
