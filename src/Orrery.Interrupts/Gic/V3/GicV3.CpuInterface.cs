namespace Orrery.Interrupts.Gic.V3;

/// <content>The CPU interface in system registers (IHI 0069 12.2).</content>
public sealed partial class GicV3
{
    private const uint SystemRegistersEnabled = 0x7;

    /// <inheritdoc/>
    public override RegisterResult ReadSystemRegister(int cpu, IccRegister register)
    {
        if (!IsCpu(cpu))
        {
            return FailSystem(RegisterErrorKind.NoSuchCpu, cpu, register);
        }

        CpuInterface state = Cpus[cpu];
        switch (register)
        {
            case IccRegister.Acknowledge0:
                return RegisterResult.Of(ReadAcknowledge(cpu, group1: false));
            case IccRegister.Acknowledge1:
                return RegisterResult.Of(ReadAcknowledge(cpu, group1: true));
            case IccRegister.HighestPending0:
                return RegisterResult.Of(ReadHighestPending(cpu, group1: false));
            case IccRegister.HighestPending1:
                return RegisterResult.Of(ReadHighestPending(cpu, group1: true));
            case IccRegister.PriorityMask:
                return RegisterResult.Of(state.PriorityMask);
            case IccRegister.RunningPriority:
                return RegisterResult.Of(state.RunningPriority);
            case IccRegister.BinaryPoint0:
                return RegisterResult.Of(state.VisibleBinaryPoint0);
            case IccRegister.BinaryPoint1:
                return RegisterResult.Of(state.VisibleBinaryPoint1);
            case IccRegister.Control:
                return RegisterResult.Of(ReadCpuControl(state, Format.Bits, _options.IntidBitsCode));
            case IccRegister.SystemRegisterEnable:
                return RegisterResult.Of(SystemRegistersEnabled);
            case IccRegister.GroupEnable0:
                return RegisterResult.Of(state.Group0Enabled ? 1u : 0);
            case IccRegister.GroupEnable1:
                return RegisterResult.Of(state.Group1Enabled ? 1u : 0);
            case >= IccRegister.ActivePriorities0 and < IccRegister.ActivePriorities1 + 4:
            {
                int index = (int)register & 3;
                return index < Format.ActiveRegisterCount
                    ? RegisterResult.Of((register < IccRegister.ActivePriorities1 ? state.Active0 : state.Active1).Register(index))
                    : FailSystem(RegisterErrorKind.Undefined, cpu, register);
            }

            case IccRegister.EndOfInterrupt0 or IccRegister.EndOfInterrupt1 or IccRegister.Deactivate
                or IccRegister.GenerateSgi0 or IccRegister.GenerateSgi1 or IccRegister.GenerateSgi1Alias:
                return FailSystem(RegisterErrorKind.WriteOnly, cpu, register);
            default:
                return FailSystem(RegisterErrorKind.Undefined, cpu, register);
        }
    }

    /// <inheritdoc/>
    public override RegisterResult WriteSystemRegister(int cpu, IccRegister register, ulong value)
    {
        if (!IsCpu(cpu))
        {
            return FailSystem(RegisterErrorKind.NoSuchCpu, cpu, register);
        }

        CpuInterface state = Cpus[cpu];
        switch (register)
        {
            case IccRegister.EndOfInterrupt0:
                EndOfInterrupt(cpu, (uint)value & 0xFF_FFFF, group1: false);
                break;
            case IccRegister.EndOfInterrupt1:
                EndOfInterrupt(cpu, (uint)value & 0xFF_FFFF, group1: true);
                break;
            case IccRegister.Deactivate:
                // In EOImode 0 the write is ignored, and an LPI has no active state.
                if (state.SplitEoi)
                {
                    DeactivateInterrupt(cpu, (uint)value & 0xFF_FFFF);
                }

                break;
            case IccRegister.PriorityMask:
                state.PriorityMask = (byte)((byte)value & Format.Mask);
                break;
            case IccRegister.BinaryPoint0:
                state.WriteBinaryPoint0(value);
                break;
            case IccRegister.BinaryPoint1:
                state.WriteBinaryPoint1(value);
                break;
            case IccRegister.Control:
                state.CommonBinaryPoint = (value & 1) != 0;
                state.SplitEoi = (value & 2) != 0;
                break;
            case IccRegister.GroupEnable0:
                state.Group0Enabled = (value & 1) != 0;
                break;
            case IccRegister.GroupEnable1:
                state.Group1Enabled = (value & 1) != 0;
                break;
            case IccRegister.GenerateSgi1:
                GenerateSgi(cpu, value, mayBeGroup1: true);
                break;
            case IccRegister.GenerateSgi0 or IccRegister.GenerateSgi1Alias:
                GenerateSgi(cpu, value, mayBeGroup1: false);
                break;

            // SRE, DFB and DIB are fixed at 1.
            case IccRegister.SystemRegisterEnable:
                break;
            case >= IccRegister.ActivePriorities0 and < IccRegister.ActivePriorities1 + 4:
            {
                int index = (int)register & 3;
                if (index >= Format.ActiveRegisterCount)
                {
                    return FailSystem(RegisterErrorKind.Undefined, cpu, register);
                }

                (register < IccRegister.ActivePriorities1 ? ref state.Active0 : ref state.Active1)
                    .SetRegister(index, (uint)value & Format.ActiveRegisterMask);
                break;
            }

            case IccRegister.Acknowledge0 or IccRegister.Acknowledge1 or IccRegister.HighestPending0
                or IccRegister.HighestPending1 or IccRegister.RunningPriority:
                return FailSystem(RegisterErrorKind.ReadOnly, cpu, register);
            default:
                return FailSystem(RegisterErrorKind.Undefined, cpu, register);
        }

        return RegisterResult.Done;
    }

    /// <summary>ICC_CTLR_EL1: [0] CBPR [1] EOImode [10:8] PRIbits-1 [13:11] IDbits [15] A3V.</summary>
    private ulong ReadCpuControl(CpuInterface state, int priorityBits, int intidBits) =>
        (state.CommonBinaryPoint ? 1u : 0)
        | (state.SplitEoi ? 2u : 0)
        | (uint)(priorityBits - 1) << 8
        | (uint)intidBits << 11
        | (_options.Affinity3Valid ? 1u << 15 : 0);

    private uint ReadAcknowledge(int cpu, bool group1)
    {
        Candidate best = MostUrgent(cpu);
        if (!best.Exists || best.Group1 != group1 || !Cpus[cpu].Passes(best.Priority, best.Group1))
        {
            return Intid.Spurious;
        }

        Cpus[cpu].Raise(best.Priority, group1);
        if (best.Intid >= Intid.FirstLpi)
        {
            _lpis.Acknowledge(best.Intid);
            return best.Intid;
        }

        Interrupts.Acknowledge(Interrupts.BankOf(cpu, best.Intid), 1u << (int)(best.Intid & 31));
        return best.Intid;
    }

    /// <summary>As an acknowledge, but without effect and whatever the mask and the running priority.</summary>
    private uint ReadHighestPending(int cpu, bool group1)
    {
        Candidate best = MostUrgent(cpu);
        return best.Exists && best.Group1 == group1 ? best.Intid : Intid.Spurious;
    }

    /// <summary>
    /// End of interrupt: drops the most urgent active priority, whatever INTID is written, and in EOImode 0 deactivates
    /// that INTID. With nothing active, and for a special INTID, nothing happens.
    /// </summary>
    private void EndOfInterrupt(int cpu, uint intid, bool group1)
    {
        if (intid is >= Intid.SpiEnd and <= Intid.Spurious || !DropPriority(cpu, intid, out byte dropped, out _))
        {
            return;
        }

        if (!Cpus[cpu].SplitEoi && (!Deviations.Has(GicDeviations.EoiDeactivatesMatchOnly) || Matches(cpu, intid, group1, dropped)))
        {
            DeactivateInterrupt(cpu, intid);
        }
    }

    /// <summary>Whether an interrupt is of this group and its group priority is the one dropped.</summary>
    private bool Matches(int cpu, uint intid, bool group1, byte dropped)
    {
        if (!Interrupts.Exists(intid))
        {
            return false;
        }

        int bank = Interrupts.BankOf(cpu, intid);
        int bit = (int)(intid & 31);
        return (Interrupts[bank].Group1 >> bit & 1) != 0 == group1
            && (Interrupts.Priority(bank, bit) & Cpus[cpu].GroupPriorityMask(group1)) == dropped;
    }

    /// <summary>
    /// ICC_SGI1R_EL1 and its kin: [15:0] target list, [23:16] Aff1, [27:24] INTID, [39:32] Aff2, [40] IRM (all but self),
    /// [55:48] Aff3. A register of group 0 raises only SGIs configured so; targets that do not exist are ignored.
    /// </summary>
    private void GenerateSgi(int cpu, ulong value, bool mayBeGroup1)
    {
        uint sgi = (uint)(value >> 24) & 0xF;
        if ((value >> 40 & 1) != 0)
        {
            for (int target = 0; target < CpuCount; target++)
            {
                if (target != cpu)
                {
                    RaiseSgi(target, sgi, mayBeGroup1);
                }
            }

            return;
        }

        uint cluster = (uint)(value >> 48 & 0xFF) << 24 | (uint)(value >> 32 & 0xFF) << 16 | (uint)(value >> 16 & 0xFF) << 8;
        for (uint aff0 = 0; aff0 < 16; aff0++)
        {
            int target = (value >> (int)aff0 & 1) != 0 ? CpuOf(cluster | aff0) : -1;
            if (target >= 0)
            {
                RaiseSgi(target, sgi, mayBeGroup1);
            }
        }
    }

    private void RaiseSgi(int target, uint sgi, bool mayBeGroup1)
    {
        uint mask = 1u << (int)sgi;
        if (mayBeGroup1 || (Interrupts[target].Group1 & mask) == 0)
        {
            Interrupts.WriteBits(BitRegister.SetPending, target, mask, mask);
        }
    }
}
