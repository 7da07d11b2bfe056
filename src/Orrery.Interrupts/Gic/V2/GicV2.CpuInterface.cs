namespace Orrery.Interrupts.Gic.V2;

/// <content>The memory-mapped CPU interface (IHI 0048 4.4).</content>
public sealed partial class GicV2
{
    private const uint CpuInterfaceSize = 0x2000;

    private RegisterResult ReadCpuInterface(in RegisterAccess access)
    {
        if (access.Offset >= CpuInterfaceSize)
        {
            return access.Fail(RegisterErrorKind.OutsideFrame);
        }

        if (!access.IsAligned || access.Width != 4)
        {
            return access.FailWidth();
        }

        int cpu = access.Cpu;
        CpuInterface state = Cpus[cpu];
        switch (access.Offset)
        {
            case GiccOffsets.Control:
                return RegisterResult.Of(ReadControl(state));
            case GiccOffsets.PriorityMask:
                return RegisterResult.Of(state.PriorityMask);
            case GiccOffsets.BinaryPoint:
                return RegisterResult.Of(state.VisibleBinaryPoint0);
            case GiccOffsets.Acknowledge:
                return RegisterResult.Of(ReadAcknowledge(cpu, alias: false));
            case GiccOffsets.RunningPriority:
                return RegisterResult.Of(state.RunningPriority);
            case GiccOffsets.HighestPending:
                return RegisterResult.Of(ReadHighestPending(cpu, alias: false));
            case GiccOffsets.AliasBinaryPoint:
                return RegisterResult.Of(Deviations.Has(GicDeviations.AliasBinaryPointFromOne)
                    ? state.BinaryPoint1
                    : Math.Max(state.BinaryPoint1, Format.MinBinaryPoint1));
            case GiccOffsets.AliasAcknowledge:
                return RegisterResult.Of(ReadAcknowledge(cpu, alias: true));
            case GiccOffsets.AliasHighestPending:
                return RegisterResult.Of(ReadHighestPending(cpu, alias: true));
            case >= GiccOffsets.ActivePriorities and < GiccOffsets.ActivePriorities + 16:
                return RegisterResult.Of(ReadActivePriorities(state.Active0, access.Offset)
                    | (Deviations.Has(GicDeviations.SharedActivePriorities) ? ReadActivePriorities(state.Active1, access.Offset) : 0));
            case >= GiccOffsets.NonSecureActivePriorities and < GiccOffsets.NonSecureActivePriorities + 16:
                return RegisterResult.Of(ReadActivePriorities(state.Active1, access.Offset));
            case GiccOffsets.Identification:
                return RegisterResult.Of(_options.CpuInterfaceId);
            case GiccOffsets.EndOfInterrupt or GiccOffsets.AliasEndOfInterrupt or GiccOffsets.Deactivate:
                return access.Fail(RegisterErrorKind.WriteOnly);
            default:
                return access.Fail(RegisterErrorKind.NoRegister);
        }
    }

    private RegisterResult WriteCpuInterface(in RegisterAccess access, uint value)
    {
        if (access.Offset >= CpuInterfaceSize)
        {
            return access.Fail(RegisterErrorKind.OutsideFrame);
        }

        if (!access.IsAligned || access.Width != 4)
        {
            return access.FailWidth();
        }

        int cpu = access.Cpu;
        CpuInterface state = Cpus[cpu];
        switch (access.Offset)
        {
            case GiccOffsets.Control:
                WriteControl(state, value);
                return RegisterResult.Done;
            case GiccOffsets.PriorityMask:
                state.PriorityMask = (byte)(value & Format.Mask);
                return RegisterResult.Done;
            case GiccOffsets.BinaryPoint:
                state.WriteBinaryPoint0(value);
                return RegisterResult.Done;
            case GiccOffsets.AliasBinaryPoint:
                state.BinaryPoint1 = Math.Max(
                    (byte)(value & 7), Deviations.Has(GicDeviations.AliasBinaryPointFromOne) ? (byte)1 : Format.MinBinaryPoint1);
                return RegisterResult.Done;
            case GiccOffsets.EndOfInterrupt or GiccOffsets.AliasEndOfInterrupt:
                EndOfInterrupt(cpu, value);
                return RegisterResult.Done;
            case >= GiccOffsets.ActivePriorities and < GiccOffsets.ActivePriorities + 16:
                WriteActivePriorities(ref state.Active0, access.Offset, value);
                return RegisterResult.Done;
            case >= GiccOffsets.NonSecureActivePriorities and < GiccOffsets.NonSecureActivePriorities + 16:
                WriteActivePriorities(ref state.Active1, access.Offset, value);
                return RegisterResult.Done;
            case GiccOffsets.Deactivate:
                // In EOImode 0 a write of DIR is UNPREDICTABLE; here it is ignored.
                if (state.SplitEoi)
                {
                    Deactivate(cpu, value);
                }

                return RegisterResult.Done;
            case GiccOffsets.Acknowledge or GiccOffsets.RunningPriority or GiccOffsets.HighestPending
                or GiccOffsets.AliasAcknowledge or GiccOffsets.AliasHighestPending or GiccOffsets.Identification:
                return access.Fail(RegisterErrorKind.ReadOnly);
            default:
                return access.Fail(RegisterErrorKind.NoRegister);
        }
    }

    /// <summary>GICC_CTLR without bypass: [0] EnableGrp0 [1] EnableGrp1 [2] AckCtl [3] FIQEn [4] CBPR [9] EOImode.</summary>
    private static uint ReadControl(CpuInterface state) =>
        (state.Group0Enabled ? 1u : 0)
        | (state.Group1Enabled ? 1u << 1 : 0)
        | (state.AckCtl ? 1u << 2 : 0)
        | (state.FiqEnabled ? 1u << 3 : 0)
        | (state.CommonBinaryPoint ? 1u << 4 : 0)
        | (state.SplitEoi ? 1u << 9 : 0);

    private static void WriteControl(CpuInterface state, uint value)
    {
        state.Group0Enabled = (value & 1) != 0;
        state.Group1Enabled = (value & 1 << 1) != 0;
        state.AckCtl = (value & 1 << 2) != 0;
        state.FiqEnabled = (value & 1 << 3) != 0;
        state.CommonBinaryPoint = (value & 1 << 4) != 0;
        state.SplitEoi = (value & 1 << 9) != 0;
    }

    /// <summary>GICC_IAR, or GICC_AIAR (<paramref name="alias"/>), which sees group 1 only.</summary>
    private uint ReadAcknowledge(int cpu, bool alias)
    {
        Candidate best = MostUrgent(cpu);
        if (!best.Exists)
        {
            return Intid.Spurious;
        }

        uint refusal = Refusal(cpu, best, alias);
        if (!Cpus[cpu].Passes(best.Priority, best.Group1))
        {
            bool refusesFirst = Deviations.Has(GicDeviations.WrongGroupWhateverRuns) && best.Priority < Cpus[cpu].PriorityMask;
            return refusesFirst && refusal != 0 ? refusal : Intid.Spurious;
        }

        return refusal != 0 ? refusal : Acknowledge(cpu, best);
    }

    /// <summary>GICC_HPPIR and GICC_AHPPIR: as IAR, but without effect and whatever the mask and the running priority.</summary>
    private uint ReadHighestPending(int cpu, bool alias)
    {
        Candidate best = MostUrgent(cpu);
        bool obeysMask = Deviations.Has(GicDeviations.HighestPendingObeysMask);
        if (!best.Exists || (obeysMask && best.Priority >= Cpus[cpu].PriorityMask))
        {
            return Intid.Spurious;
        }

        uint refusal = Refusal(cpu, best, alias);
        if (refusal != 0)
        {
            return refusal;
        }

        return best.Intid < Intid.SgiCount && !obeysMask
            ? best.Intid | (uint)_sgis.NextSource(cpu, best.Intid) << 10
            : best.Intid;
    }

    /// <summary>The special INTID a reader gets when the winner is of the other group; 0 if it may have it.</summary>
    private uint Refusal(int cpu, Candidate best, bool alias)
    {
        if (alias)
        {
            return best.Group1 ? 0 : Intid.Spurious;
        }

        return best.Group1 && !Cpus[cpu].AckCtl ? Intid.WrongGroup : 0;
    }

    private uint ReadActivePriorities(ActivePriorities active, uint offset)
    {
        int index = (int)(offset >> 2 & 3);
        return index < Format.ActiveRegisterCount ? active.Register(index) : 0;
    }

    private void WriteActivePriorities(ref ActivePriorities active, uint offset, uint value)
    {
        int index = (int)(offset >> 2 & 3);
        if (index < Format.ActiveRegisterCount)
        {
            active.SetRegister(index, value & Format.ActiveRegisterMask);
        }
    }
}
