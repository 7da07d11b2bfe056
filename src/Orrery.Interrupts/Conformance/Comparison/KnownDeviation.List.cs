using System.Collections.Immutable;
using Orrery.Interrupts.Gic;
using Orrery.Interrupts.Gic.Kvm;

namespace Orrery.Interrupts.Conformance.Comparison;

/// <content>The list. Seen on Linux 6.12 under QEMU 7.2; places in the kernel are below arch/arm64/kvm/vgic.</content>
public sealed partial record KnownDeviation
{
    private static readonly ImmutableArray<VgicKind> Both = [VgicKind.GicV2, VgicKind.GicV3];

    /// <summary>All of them.</summary>
    public static ImmutableArray<KnownDeviation> All { get; } =
    [
        new("K01", "the software latch of a level interrupt lives until deactivation, and is lost then", Both)
        {
            Flag = GicDeviations.LevelLatchLivesUntilDeactivation,
            Explanation =
                "The architecture spends the latch at the acknowledge. KVM drops it when it finds the list register empty "
                + "(`vgic_v2_fold_lr_state`, `vgic_v3_fold_lr_state`): until the deactivation ISPENDR still reads 1, and what a "
                + "guest writes to ISPENDR in between is lost. A guest that pends a level interrupt for itself from its handler "
                + "is not called again.",
        },
        new("K02", "one enable bit of the distributor gates both groups", Both)
        {
            Flag = GicDeviations.SingleGroupEnable,
            Explanation =
                "KVM keeps a single `enabled`: bit 0 of GICD_CTLR on a GICv2, bit 1 on a GICv3. The other bit reads 0, and "
                + "neither group can be enabled alone.",
        },
        new("K03", "every \"high\" told for an edge interrupt is an edge", Both)
        {
            Flag = GicDeviations.EveryHighIsAnEdge,
            Explanation =
                "`vgic_validate_injection` compares levels of level interrupts only. KVM_IRQ_LINE with level 1 latches an edge "
                + "interrupt also when its line was high before, and the line of an edge interrupt is not kept: one that becomes "
                + "level-sensitive afterwards has a low line.",
        },
        new("K04", "an SPI goes to the lowest CPU of its target list only", [VgicKind.GicV2])
        {
            Flag = GicDeviations.LowestTargetOnly,
            Explanation =
                "`vgic_mmio_write_target` resolves GICD_ITARGETSR to one vCPU when it is written; an empty list means vCPU 0. "
                + "With one vCPU the register is not RAZ/WI, as the architecture has it.",
        },
        new("K05", "an EOI deactivates only what has the priority that it drops", [VgicKind.GicV3])
        {
            Flag = GicDeviations.EoiDeactivatesMatchOnly,
            Explanation =
                "EOIR always drops the most urgent active priority. The virtual CPU interface, in hardware as in KVM's own "
                + "`__vgic_v3_write_eoir`, then deactivates the INTID written only if its group and group priority are those "
                + "dropped. A guest that ends interrupts out of order leaves them active.",
        },
        new("K06", "an SGI is active from one source at most", [VgicKind.GicV2])
        {
            Flag = GicDeviations.SgiActiveFromOneSource,
            Explanation =
                "KVM keeps one `active_source`. While an SGI is active from one CPU, the same SGI of another is not delivered, "
                + "although the architecture treats them as interrupts of their own; and any EOI of the SGI deactivates it.",
        },
        new("K07", "errors are not recorded: GICD_STATUSR reads as ones, GICR_STATUSR as zero", [VgicKind.GicV3])
        {
            Flag = GicDeviations.NoErrorStatus,
            Explanation =
                "The register tables map the one to `vgic_mmio_read_rao`, the other to `vgic_mmio_read_raz`; writes are ignored. "
                + "The architecture records accesses to reserved locations, and of the wrong direction, until ones are written back.",
        },
        new("K08", "the identification registers of the distributor read as zero", [VgicKind.GicV2])
        {
            Flag = GicDeviations.NoPeripheralId,
            Explanation = "ICPIDR2 included, which should say which architecture version this is.",
        },
        new("K09", "GICD_IROUTER.IRM is not kept", [VgicKind.GicV3])
        {
            Flag = GicDeviations.NoOneOfN,
            Explanation = "1-of-N routing does not exist: an SPI set to it goes to the vCPU of the affinity in the same register.",
        },
        new("K10", "a refused write of ICC_CTLR_EL1 lowers the bits advertised", [VgicKind.GicV3])
        {
            Flag = GicDeviations.RefusedControlLowersBits,
            Explanation =
                "`set_gic_ctlr` checks the fields one after the other and stores each as it goes: a value that is refused with "
                + "EINVAL for its INTID bits, SEIS or A3V has by then replaced the number of priority bits. A VMM that tries a "
                + "foreign value first, and its own after the refusal, is refused again.",
        },
        new("K11", "GICC_APR holds the active priorities of both groups", [VgicKind.GicV2])
        {
            Flag = GicDeviations.SharedActivePriorities,
            Explanation = "The virtual CPU interface has one active priority register; GICC_NSAPR of the architecture is not there.",
        },
        new("K12", "interrupts are delivered from lists of vCPUs, which are looked at late", Both)
        {
            Flag = GicDeviations.DeliversFromLists,
            Explanation =
                "An interrupt joins the list of its target vCPU in `vgic_queue_irq_unlock`, when something happens to it (its "
                + "line, ISPENDR, ISENABLER, IGROUPR, an SGI) and only if the distributor is enabled then; it leaves in "
                + "`vgic_prune_ap_list`, when that vCPU leaves its guest. So (1) what became pending while the distributor was "
                + "disabled is not delivered when GICD_CTLR enables it, until something else happens to it; (2) a restore that "
                + "writes GICD_CTLR after pending bits, enables or lines loses these interrupts in the same way: write "
                + "GICD_CTLR first; (3) an SPI that is retargeted while pending waits until the vCPU it was queued on has run; "
                + "(4) DIR, or EOI, of an SPI that is active on another vCPU does nothing.",
        },
        new("K13", "further sources of an SGI withhold everything less urgent", [VgicKind.GicV2])
        {
            Flag = GicDeviations.PendingSourcesHide,
            Explanation =
                "`vgic_flush_lr_state` stops filling list registers behind an SGI that has more sources than fit into one. Less "
                + "urgent interrupts are invisible until the last source has been taken, also after a priority drop without "
                + "deactivation.",
        },
        new("K14", "an active interrupt that is pending again is delivered although disabled meanwhile", Both)
        {
            Trigger = DeviationTrigger.PendingWhileActiveAndDisabled,
            DependsOnTiming = true,
            Explanation =
                "For an edge interrupt that is active and pending, `vgic_v3_populate_lr` writes both states into the list register "
                + "without looking at the enables, because the interrupt is active. The guest's EOI leaves \"pending\" there, and "
                + "it is taken unless the vCPU leaves the guest first: a tick of the host decides, so no model can tell.",
        },
        new("K15", "more interrupts at once than there are list registers", Both)
        {
            Trigger = DeviationTrigger.MoreThanListRegisters,
            DependsOnTiming = true,
            Explanation =
                "With as many active interrupts as list registers (4 here), nothing else is delivered, however urgent; and the "
                + "EOI of an active interrupt that did not fit is counted in EOIcount, which KVM ignores.",
        },
        new("K16", "an active interrupt less urgent than an SGI with further sources is forgotten meanwhile", [VgicKind.GicV2])
        {
            Trigger = DeviationTrigger.ActiveBehindWaitingSgi,
            DependsOnTiming = true,
            Explanation =
                "K13 cuts the list also before active interrupts: they are in no list register then, and the guest cannot "
                + "deactivate them. Which ones depends on the order in which they were queued.",
        },
        new("E01", "GICC_HPPIR obeys the priority mask and names no source", [VgicKind.GicV2])
        {
            Flag = GicDeviations.HighestPendingObeysMask,
            Explanation = "A GIC-400 names the source CPU of an SGI, and does not consult GICC_PMR.",
        },
        new("E02", "GICC_IAR reads 1022 also for what would not preempt", [VgicKind.GicV2])
        {
            Flag = GicDeviations.WrongGroupWhateverRuns,
            Explanation = "A pending group 1 interrupt that AckCtl hides shows as 1022 whatever the running priority.",
        },
        new("E03", "preemption compares whole priorities", [VgicKind.GicV2])
        {
            Flag = GicDeviations.PreemptsByWholePriority,
            Explanation =
                "The running priority is kept as it was when the interrupt was acknowledged, and compared with the whole priority "
                + "of the next. It matters only when a guest changes GICC_BPR while an interrupt is active.",
        },
        new("E04", "GICC_ABPR keeps values below its smallest for a while", [VgicKind.GicV2])
        {
            Flag = GicDeviations.AliasBinaryPointFromOne,
            DependsOnTiming = true,
            Explanation = "Until the vCPU is next loaded. Generated programs write only values that GICC_ABPR may hold.",
        },
        new("E05", "the group enables of GICC_CTLR gate the signal only", [VgicKind.GicV2])
        {
            Flag = GicDeviations.EnableGatesSignalOnly,
            Explanation = "With one group enabled, GICC_IAR acknowledges interrupts of the other too.",
        },
    ];
}
