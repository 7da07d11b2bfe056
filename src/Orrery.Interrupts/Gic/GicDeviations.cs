namespace Orrery.Interrupts.Gic;

/// <summary>
/// Ways in which a GIC that exists, or a mistake that is easily made, differs from the architecture. A model built with
/// none of them follows IHI 0048 and IHI 0069; <see cref="Kvm"/> is what Linux 6.12 does; the others are mutants, which
/// the tests must kill.
/// </summary>
[Flags]
public enum GicDeviations : uint
{
    /// <summary>The architecture.</summary>
    None = 0,

    /// <summary>KVM: one distributor enable bit gates both groups (v2: GICD_CTLR[0]; v3: GICD_CTLR[1]).</summary>
    SingleGroupEnable = 1 << 0,

    /// <summary>
    /// KVM: acknowledging a level interrupt keeps its latch, and deactivating it drops the latch, so that an ISPENDR
    /// write between the two is lost (scenario V08).
    /// </summary>
    LevelLatchLivesUntilDeactivation = 1 << 1,

    /// <summary>
    /// KVM: every "high" told for an edge interrupt is an edge, also when the line was high before; its line is not kept.
    /// </summary>
    EveryHighIsAnEdge = 1 << 2,

    /// <summary>
    /// KVM, GICv2: an SPI goes to the lowest CPU of its target list, and to CPU 0 when the list is empty; the list also
    /// exists when there is one CPU only.
    /// </summary>
    LowestTargetOnly = 1 << 3,

    /// <summary>KVM, GICv3: EOI drops a priority but deactivates only if group and priority match the one dropped.</summary>
    EoiDeactivatesMatchOnly = 1 << 4,

    /// <summary>
    /// KVM, GICv2: an SGI is active from one source at most: while it is, that SGI is delivered from no other, and
    /// whatever source an EOI names, it is deactivated.
    /// </summary>
    SgiActiveFromOneSource = 1 << 5,

    /// <summary>KVM, GICv3: errors are not recorded: GICD_STATUSR reads as ones, GICR_STATUSR as zero, and both ignore writes.</summary>
    NoErrorStatus = 1 << 6,

    /// <summary>KVM, GICv2: the identification registers at the end of the distributor read as zero.</summary>
    NoPeripheralId = 1 << 7,

    /// <summary>KVM, GICv3: GICD_IROUTER.IRM is not kept: an SPI is never for any one of all CPUs.</summary>
    NoOneOfN = 1 << 8,

    /// <summary>
    /// KVM, GICv3: a write of ICC_CTLR_EL1 by user space that is refused for one of its fields has already lowered the
    /// advertised priority and INTID bits by those checked before.
    /// </summary>
    RefusedControlLowersBits = 1 << 9,

    /// <summary>KVM, GICv2: the active priorities of both groups are in GICC_APR (the virtual CPU interface has no other).</summary>
    SharedActivePriorities = 1 << 10,

    /// <summary>
    /// KVM: where an interrupt is delivered is decided when something happens to it (its line, ISPENDR, ISENABLER,
    /// IGROUPR, an SGI) and again when the vCPU it waits for leaves its guest. So what became pending while the distributor
    /// was disabled is not delivered once it is enabled; what is routed elsewhere while pending waits for the vCPU it
    /// was routed to before; and a vCPU cannot deactivate what is active on another.
    /// </summary>
    DeliversFromLists = 1 << 11,

    /// <summary>
    /// KVM, GICv2: while an SGI has further pending sources, interrupts less urgent than it are withheld, also when it is
    /// active and its priority was dropped.
    /// </summary>
    PendingSourcesHide = 1 << 12,

    /// <summary>All of KVM's (Linux 6.12).</summary>
    Kvm = SingleGroupEnable | LevelLatchLivesUntilDeactivation | EveryHighIsAnEdge | LowestTargetOnly
        | EoiDeactivatesMatchOnly | SgiActiveFromOneSource | NoErrorStatus | NoPeripheralId | NoOneOfN
        | RefusedControlLowersBits | SharedActivePriorities | DeliversFromLists | PendingSourcesHide,

    /// <summary>Mutant: the pending state of a level interrupt is stored when its line rises, and a fall does not clear it
    /// (KVM before commit 8694e4da66a6).</summary>
    StoredLevelPending = 1 << 16,

    /// <summary>Mutant: acknowledging does not clear the latch (libvmm issue 138).</summary>
    LatchSurvivesAcknowledge = 1 << 17,

    /// <summary>Mutant: what becomes pending while disabled is forgotten (libvmm issue 56).</summary>
    PendingDroppedWhileDisabled = 1 << 18,

    /// <summary>Mutant: the active state of an SPI belongs to the CPU that acknowledged it (QEMU before 7175a562f157).</summary>
    SpiActiveBanked = 1 << 19,

    /// <summary>Mutant: an active interrupt that is pending again is signalled before it is deactivated.</summary>
    ActiveDoesNotGate = 1 << 20,

    /// <summary>Mutant: an interrupt whose priority equals the mask is signalled.</summary>
    EqualPriorityPasses = 1 << 21,

    /// <summary>Mutant: clearing pending also lowers a device's line.</summary>
    ClearPendingLowersLine = 1 << 22,

    /// <summary>Mutant: EOI drops the priority of the INTID written instead of the highest active one.</summary>
    EoiDropsNamedPriority = 1 << 23,

    /// <summary>Mutant: setting the active bit by register also raises the running priority.</summary>
    SetActiveRaisesPriority = 1 << 24,

    /// <summary>QEMU's virtual CPU interface, GICv2: GICC_HPPIR sees nothing that the priority mask hides, and names no source of an SGI.</summary>
    HighestPendingObeysMask = 1 << 25,

    /// <summary>QEMU's virtual CPU interface, GICv2: IAR reads 1022 for a group 1 interrupt also when it would not preempt.</summary>
    WrongGroupWhateverRuns = 1 << 26,

    /// <summary>
    /// QEMU's virtual CPU interface, GICv2: an interrupt preempts by its whole priority, compared with the group priority
    /// of what runs as it was when acknowledged (which differs once a binary point changes in between).
    /// </summary>
    PreemptsByWholePriority = 1 << 27,

    /// <summary>QEMU's virtual CPU interface, GICv2: the smallest value of GICC_ABPR is 1.</summary>
    AliasBinaryPointFromOne = 1 << 28,

    /// <summary>
    /// QEMU's virtual CPU interface, GICv2: with one group enabled in GICC_CTLR, IAR and HPPIR see interrupts of the other
    /// too; only the signal to the CPU obeys the enables.
    /// </summary>
    EnableGatesSignalOnly = 1 << 29,

    /// <summary>
    /// Not a deviation: of equal priorities the highest INTID is the most urgent, which the architecture allows as well
    /// as the lowest. What differs under it depends on the choice.
    /// </summary>
    TiesToHighest = 1 << 30,

    /// <summary>What a KVM guest with a GICv2 sees on a machine that QEMU (7.2) emulates.</summary>
    KvmOnQemuV2 = Kvm | HighestPendingObeysMask | WrongGroupWhateverRuns | PreemptsByWholePriority | AliasBinaryPointFromOne
        | EnableGatesSignalOnly,
}

/// <summary>Membership tests that the compiler reduces to one instruction.</summary>
public static class GicDeviationsExtensions
{
    /// <summary>Whether any of <paramref name="which"/> is in <paramref name="set"/>.</summary>
    public static bool Has(this GicDeviations set, GicDeviations which) => (set & which) != 0;
}
