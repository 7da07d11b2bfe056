using System.Numerics;
using Orrery.Interrupts.Gic.V3;
using Orrery.Interrupts.State;

namespace Orrery.Interrupts.Gic;

/// <summary>
/// What <see cref="V2.GicV2"/> and <see cref="V3.GicV3"/> have in common: lines in, signals out, and the state of
/// every interrupt between them.
/// </summary>
/// <remarks>
/// A controller is a plain state machine: it depends on nothing but what it is told, in the order it is told. It is used
/// by one thread at a time. Drive lines with <see cref="SetLine"/>, run a guest's accesses through
/// <see cref="ReadRegister"/>, <see cref="WriteRegister"/> and (GICv3) the system registers, and after each look at
/// <see cref="Signalled"/> of the CPUs concerned.
/// </remarks>
public abstract class GicController : IInterruptChip
{
    private protected GicController(GicOptions options, bool sgiSources)
    {
        options.Check();
        Format = new PriorityFormat(options.PriorityBits);
        Deviations = options.Deviations;
        ImplementerId = options.ImplementerId;
        Interrupts = new InterruptTable(options.CpuCount, options.IntidCount, Format, Deviations, sgiSources);
        Cpus = new CpuInterface[options.CpuCount];
        for (int cpu = 0; cpu < Cpus.Length; cpu++)
        {
            Cpus[cpu] = new CpuInterface(Format, Deviations);
        }
    }

    /// <summary>CPUs.</summary>
    public int CpuCount => Cpus.Length;

    /// <summary>INTIDs, the 32 private ones included.</summary>
    public int IntidCount => Interrupts.IntidCount;

    /// <summary>Implemented priority bits.</summary>
    public int PriorityBits => Format.Bits;

    /// <summary>How this model differs from the architecture.</summary>
    public GicDeviations Deviations { get; }

    /// <inheritdoc/>
    public abstract string Name { get; }

    /// <inheritdoc/>
    public ChipStates Readable => ChipStates.Pending | ChipStates.Active | ChipStates.Masked | ChipStates.LineLevel;

    /// <inheritdoc/>
    public ChipStates Writable => ChipStates.Pending | ChipStates.Active | ChipStates.Masked;

    private protected PriorityFormat Format { get; }

    private protected InterruptTable Interrupts { get; }

    private protected CpuInterface[] Cpus { get; }

    /// <summary>GICD_IIDR.</summary>
    private protected uint ImplementerId { get; set; }

    /// <summary>The distributor's enable of group 0.</summary>
    private protected bool Group0Forwarded { get; private set; }

    /// <summary>The distributor's enable of group 1.</summary>
    private protected bool Group1Forwarded { get; private set; }

    /// <summary>A device drives the line of a PPI of <paramref name="cpu"/>, or of an SPI (any <paramref name="cpu"/>).</summary>
    public LineError SetLine(uint intid, int cpu, bool level)
    {
        if (intid < Intid.SgiCount || !Interrupts.Exists(intid))
        {
            return LineError.NoSuchLine;
        }

        if (Intid.IsPrivate(intid) && (uint)cpu >= (uint)CpuCount)
        {
            return LineError.NoSuchCpu;
        }

        Interrupts.SetLine(Interrupts.BankOf(cpu, intid), 1u << (int)(intid & 31), level);
        return LineError.None;
    }

    /// <summary>A restored controller finds a device's line high, as it was when its state was saved: a level, not an edge.</summary>
    internal LineError AdoptHighLine(InterruptRef line)
    {
        if (line.Number < Intid.SgiCount || !Interrupts.Exists(line.Number))
        {
            return LineError.NoSuchLine;
        }

        if (Intid.IsPrivate(line.Number) && !IsCpu(line.Cpu))
        {
            return LineError.NoSuchCpu;
        }

        Interrupts.AdoptHighLines(Interrupts.BankOf(line.Cpu, line.Number), 1u << (int)(line.Number & 31));
        return LineError.None;
    }

    /// <summary>A guest deactivated its copy of a physical PPI or SPI (HW of a list register): so is that, in this CPU's bank.</summary>
    internal void DeactivateFromGuest(int cpu, uint intid)
    {
        if (intid >= Intid.SgiCount)
        {
            DeactivateInterrupt(cpu, intid);
        }
    }

    /// <summary>Every device lowers its line, as before a save in a form that has no lines.</summary>
    internal void LowerLines()
    {
        for (int bank = 0; bank < CpuCount + Interrupts.WordCount - 1; bank++)
        {
            Interrupts.SetLine(bank, uint.MaxValue, level: false);
        }
    }

    /// <summary>What the CPU interface asserts to <paramref name="cpu"/> now; nothing for a CPU that does not exist.</summary>
    public CpuSignals Signalled(int cpu)
    {
        if ((uint)cpu >= (uint)CpuCount)
        {
            return CpuSignals.None;
        }

        Candidate best = MostUrgent(cpu);
        CpuInterface cpuInterface = Cpus[cpu];
        return best.Exists && cpuInterface.Passes(best.Priority, best.Group1) && cpuInterface.IsEnabled(best.Group1)
            ? SignalOf(cpuInterface, best.Group1)
            : CpuSignals.None;
    }

    /// <summary>A guest's read of a memory-mapped register.</summary>
    /// <param name="cpu">The CPU that reads; for a redistributor frame, the CPU whose redistributor it is.</param>
    /// <param name="frame">The frame.</param>
    /// <param name="offset">Bytes from the start of the frame.</param>
    /// <param name="width">Bytes: 1, 4 or 8.</param>
    public abstract RegisterResult ReadRegister(int cpu, GicFrame frame, uint offset, int width);

    /// <summary>A guest's write of a memory-mapped register; parameters as for <see cref="ReadRegister"/>.</summary>
    public abstract RegisterResult WriteRegister(int cpu, GicFrame frame, uint offset, int width, ulong value);

    /// <summary>
    /// A guest's read (MRS) of a system register of the CPU interface. Without a GICv3 CPU interface every one of them is
    /// UNDEFINED.
    /// </summary>
    public virtual RegisterResult ReadSystemRegister(int cpu, IccRegister register) =>
        FailSystem(RegisterErrorKind.Undefined, cpu, register);

    /// <summary>A guest's write (MSR) of a system register of the CPU interface; as <see cref="ReadSystemRegister"/>.</summary>
    public virtual RegisterResult WriteSystemRegister(int cpu, IccRegister register, ulong value) =>
        FailSystem(RegisterErrorKind.Undefined, cpu, register);

    /// <summary>
    /// Says which PPIs of a CPU (one bit each) are forwarded from a physical interrupt, as the timers of a vCPU are once it
    /// has run under KVM: user space can no longer set their active bits.
    /// </summary>
    public void MapToHardware(int cpu, uint ppis) => Interrupts.SetMapped(cpu, ppis & 0xFFFF_0000);

    /// <summary>Whether a PPI is forwarded from a physical interrupt.</summary>
    public bool IsMappedToHardware(int cpu, uint intid) =>
        IsCpu(cpu) && Intid.IsPrivate(intid) && (Interrupts.Mapped(cpu) >> (int)intid & 1) != 0;

    /// <summary>Everything about one interrupt, or null if there is no such one.</summary>
    public InterruptView? Inspect(InterruptRef interrupt)
    {
        if (Find(interrupt, out int bank, out int bit) != ChipError.None)
        {
            return null;
        }

        InterruptBank state = Interrupts[bank];
        bool Bit(uint word) => (word >> bit & 1) != 0;
        return new InterruptView
        {
            Line = Bit(state.Line),
            Latch = Bit(state.Latch),
            Pending = Bit(state.Pending),
            Active = Bit(state.Active),
            Enabled = Bit(state.Enabled),
            Edge = Bit(state.Edge),
            Group1 = Bit(state.Group1),
            Priority = Interrupts.Priority(bank, bit),
        };
    }

    /// <inheritdoc/>
    public StateReading GetState(InterruptRef interrupt, ChipState which)
    {
        ChipError error = Find(interrupt, out int bank, out int bit);
        if (error != ChipError.None)
        {
            return StateReading.Failed(error);
        }

        ref readonly InterruptBank state = ref Interrupts[bank];
        return which switch
        {
            ChipState.Pending => StateReading.Of((state.Pending >> bit & 1) != 0),
            ChipState.Active => StateReading.Of((state.Active >> bit & 1) != 0),
            ChipState.Masked => StateReading.Of((state.Enabled >> bit & 1) == 0),
            ChipState.LineLevel => StateReading.Of((state.Line >> bit & 1) != 0),
            _ => StateReading.Failed(ChipError.Unsupported),
        };
    }

    /// <inheritdoc/>
    public ChipError SetState(InterruptRef interrupt, ChipState which, bool value)
    {
        ChipError error = Find(interrupt, out int bank, out int bit);
        if (error != ChipError.None)
        {
            return error;
        }

        if (!Writable.Includes(which) || !CanSetState(interrupt, which))
        {
            return ChipError.Unsupported;
        }

        BitRegister register = which switch
        {
            ChipState.Pending => value ? BitRegister.SetPending : BitRegister.ClearPending,
            ChipState.Active => value ? BitRegister.SetActive : BitRegister.ClearActive,
            _ => value ? BitRegister.ClearEnable : BitRegister.SetEnable,
        };
        WriteGuestBits(register, bank, 1u << bit, 1u << bit);
        return ChipError.None;
    }

    private protected static RegisterResult FailSystem(RegisterErrorKind kind, int cpu, IccRegister register) =>
        new RegisterAccess(cpu, GicFrame.SystemRegisters, (uint)register, 8).Fail(kind);

    /// <summary>
    /// A vCPU left its guest. Binary points that user space stored below the smallest value have become it, since the
    /// virtual CPU interface holds no other; and under <see cref="GicDeviations.DeliversFromLists"/> KVM looks again where
    /// the interrupts on the vCPU's list belong.
    /// </summary>
    public void LeaveGuest(int cpu)
    {
        if (IsCpu(cpu))
        {
            Cpus[cpu].RaiseBinaryPoints();
            Interrupts.LeaveGuest(cpu);
        }
    }

    /// <summary>
    /// Whether user space may store this in GICD_IIDR: the identification of this controller, with a revision that KVM
    /// knows how to behave like.
    /// </summary>
    private protected bool IsAcceptableId(uint value)
    {
        const uint revisionMask = 0xF000, oldestRevision = 0x2000, latestRevision = 0x3000;
        return ((value ^ ImplementerId) & ~revisionMask) == 0 && (value & revisionMask) is (oldestRevision or latestRevision);
    }

    /// <summary>The distributor's enables of the groups.</summary>
    private protected void SetForwarding(bool group0, bool group1)
    {
        Group0Forwarded = group0;
        Group1Forwarded = group1;
        Interrupts.Forwards = group0 || group1;
    }

    /// <summary>Deactivates an interrupt for a CPU that names it; a number without interrupt is ignored.</summary>
    private protected void DeactivateInterrupt(int cpu, uint intid)
    {
        if (!Interrupts.Exists(intid))
        {
            return;
        }

        int bank = Interrupts.BankOf(cpu, intid);
        uint bit = 1u << (int)(intid & 31);
        if (Interrupts.CanDeactivate(cpu, bank, bit))
        {
            Interrupts.Deactivate(bank, bit);
        }
    }

    /// <summary>The output pin of a group.</summary>
    private protected abstract CpuSignals SignalOf(CpuInterface cpuInterface, bool group1);

    /// <summary>Whether this interrupt lets itself be told this.</summary>
    private protected virtual bool CanSetState(InterruptRef interrupt, ChipState which) => true;

    /// <summary>A write to a bit register with its effects outside the table.</summary>
    private protected virtual void WriteGuestBits(BitRegister register, int bank, uint value, uint writable)
    {
        Interrupts.WriteBits(register, bank, value, writable);
        if (register == BitRegister.SetActive && Deviations.Has(GicDeviations.SetActiveRaisesPriority))
        {
            RaiseAll(bank, value & writable);
        }
    }

    /// <summary>The most urgent interrupt of a CPU in the groups that distributor and CPU interface let through.</summary>
    private protected virtual Candidate MostUrgent(int cpu)
    {
        CpuInterface cpuInterface = Cpus[cpu];
        if (Deviations.Has(GicDeviations.EnableGatesSignalOnly) && (cpuInterface.Group0Enabled || cpuInterface.Group1Enabled))
        {
            return Interrupts.MostUrgent(cpu, Group0Forwarded, Group1Forwarded);
        }

        return Interrupts.MostUrgent(
            cpu,
            Group0Forwarded && cpuInterface.Group0Enabled,
            Group1Forwarded && cpuInterface.Group1Enabled);
    }

    /// <summary>
    /// Priority drop: the most urgent active priority of either group, whatever INTID is named (section 2.3). False when
    /// none was active.
    /// </summary>
    private protected bool DropPriority(int cpu, uint intid, out byte priority, out bool group1)
    {
        CpuInterface cpuInterface = Cpus[cpu];
        if (!Deviations.Has(GicDeviations.EoiDropsNamedPriority) || !Interrupts.Exists(intid))
        {
            return cpuInterface.TryDrop(out priority, out group1);
        }

        int bank = Interrupts.BankOf(cpu, intid);
        int bit = (int)(intid & 31);
        priority = Interrupts.Priority(bank, bit);
        group1 = (Interrupts[bank].Group1 >> bit & 1) != 0;
        cpuInterface.Lower(priority, group1);
        return true;
    }

    private protected void CopyCommonFrom(GicController other)
    {
        Interrupts.CopyFrom(other.Interrupts);
        for (int cpu = 0; cpu < Cpus.Length; cpu++)
        {
            Cpus[cpu].CopyFrom(other.Cpus[cpu]);
        }

        ImplementerId = other.ImplementerId;
        SetForwarding(other.Group0Forwarded, other.Group1Forwarded);
    }

    private protected bool CommonStateEquals(GicController other)
    {
        for (int cpu = 0; cpu < Cpus.Length; cpu++)
        {
            if (!Cpus[cpu].StateEquals(other.Cpus[cpu]))
            {
                return false;
            }
        }

        return ImplementerId == other.ImplementerId && Group0Forwarded == other.Group0Forwarded && Group1Forwarded == other.Group1Forwarded
            && Interrupts.StateEquals(other.Interrupts);
    }

    private protected bool IsCpu(int cpu) => (uint)cpu < (uint)CpuCount;

    private void RaiseAll(int bank, uint mask)
    {
        for (; mask != 0; mask &= mask - 1)
        {
            int bit = BitOperations.TrailingZeroCount(mask);
            Cpus[bank < CpuCount ? bank : 0].Raise(Interrupts.Priority(bank, bit), (Interrupts[bank].Group1 >> bit & 1) != 0);
        }
    }

    private ChipError Find(InterruptRef interrupt, out int bank, out int bit)
    {
        bank = 0;
        bit = (int)(interrupt.Number & 31);
        if (!Interrupts.Exists(interrupt.Number))
        {
            return ChipError.NoSuchInterrupt;
        }

        if (Intid.IsPrivate(interrupt.Number) && !IsCpu(interrupt.Cpu))
        {
            return ChipError.NoSuchCpu;
        }

        bank = Interrupts.BankOf(interrupt.Cpu, interrupt.Number);
        return ChipError.None;
    }
}
