using System.Numerics;
using Orrery.Interrupts.State;

namespace Orrery.Interrupts.Gic.V2;

/// <summary>
/// A GICv2 with two interrupt groups and without Security Extensions (IHI 0048): distributor (<see
/// cref="GicFrame.Distributor"/>, 4 KiB) and memory-mapped CPU interfaces (<see cref="GicFrame.CpuInterface"/>, 8 KiB).
/// Reset values are those of KVM.
/// </summary>
public sealed partial class GicV2 : GicController
{
    private readonly SgiSources _sgis;
    private readonly byte[] _targets;
    private readonly sbyte[]? _activeOwner;
    private readonly GicV2Options _options;

    /// <summary>A controller after reset. Throws for a shape out of range.</summary>
    public GicV2(GicV2Options options)
        : base(options, sgiSources: true)
    {
        _options = options;
        _sgis = new SgiSources(CpuCount, Deviations);
        _targets = new byte[IntidCount];
        if (Deviations.Has(GicDeviations.SpiActiveBanked))
        {
            _activeOwner = new sbyte[IntidCount];
        }

        for (int bank = 0; bank < CpuCount + Interrupts.WordCount - 1; bank++)
        {
            bool isPrivate = bank < CpuCount;
            Interrupts[bank] = new InterruptBank
            {
                Enabled = isPrivate ? 0x0000_FFFFu : 0,
                Edge = isPrivate ? 0x0000_FFFFu : uint.MaxValue,
            };
        }

        for (uint intid = Intid.PrivateCount; Interrupts.Exists(intid); intid++)
        {
            Route(intid);
        }
    }

    /// <inheritdoc/>
    public override string Name => "GICv2";

    /// <summary>An independent controller in the same state.</summary>
    public GicV2 Clone()
    {
        var copy = new GicV2(_options);
        copy.CopyFrom(this);
        return copy;
    }

    /// <summary>Takes over the state of another controller of the same shape.</summary>
    public void CopyFrom(GicV2 other)
    {
        CopyCommonFrom(other);
        _sgis.CopyFrom(other._sgis);
        other._targets.CopyTo(_targets.AsSpan());
        _groupsWritable = other._groupsWritable;
        other._activeOwner?.CopyTo(_activeOwner.AsSpan());
    }

    /// <summary>Whether all state is equal to that of another controller of the same shape.</summary>
    public bool StateEquals(GicV2 other) =>
        CommonStateEquals(other) && _sgis.StateEquals(other._sgis) && _targets.AsSpan().SequenceEqual(other._targets)
        && _groupsWritable == other._groupsWritable;

    /// <inheritdoc/>
    public override RegisterResult ReadRegister(int cpu, GicFrame frame, uint offset, int width)
    {
        var access = new RegisterAccess(cpu, frame, offset, width);
        if (!IsCpu(cpu))
        {
            return access.Fail(RegisterErrorKind.NoSuchCpu);
        }

        return frame switch
        {
            GicFrame.Distributor => ReadDistributor(access),
            GicFrame.CpuInterface => ReadCpuInterface(access),
            _ => access.Fail(RegisterErrorKind.OutsideFrame),
        };
    }

    /// <inheritdoc/>
    public override RegisterResult WriteRegister(int cpu, GicFrame frame, uint offset, int width, ulong value)
    {
        var access = new RegisterAccess(cpu, frame, offset, width);
        if (!IsCpu(cpu))
        {
            return access.Fail(RegisterErrorKind.NoSuchCpu);
        }

        return frame switch
        {
            GicFrame.Distributor => WriteDistributor(access, (uint)value),
            GicFrame.CpuInterface => WriteCpuInterface(access, (uint)value),
            _ => access.Fail(RegisterErrorKind.OutsideFrame),
        };
    }

    private protected override CpuSignals SignalOf(CpuInterface cpuInterface, bool group1) =>
        !group1 && cpuInterface.FiqEnabled ? CpuSignals.Fiq : CpuSignals.Irq;

    private protected override Candidate MostUrgent(int cpu)
    {
        Candidate best = base.MostUrgent(cpu);
        return Deviations.Has(GicDeviations.PendingSourcesHide) && best.Exists && IsHidden(cpu, best) ? Candidate.None : best;
    }

    /// <summary>Whether a more urgent SGI has sources that wait behind the one being delivered or handled.</summary>
    private bool IsHidden(int cpu, Candidate candidate)
    {
        for (uint sgi = 0; sgi < Intid.SgiCount; sgi++)
        {
            uint waiting = _sgis.Pending(cpu, sgi);
            bool isActive = _sgis.Active(cpu, sgi) != 0;
            bool isListed = isActive || (Interrupts[cpu].Enabled >> (int)sgi & 1) != 0;
            bool hasMore = isActive ? waiting != 0 : BitOperations.PopCount(waiting) > 1;
            if (hasMore && isListed && Interrupts.Priority(cpu, (int)sgi) < candidate.Priority)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>An SGI cannot be made pending without naming its source: SGIR and SPENDSGIR do.</summary>
    private protected override bool CanSetState(InterruptRef interrupt, ChipState which) =>
        which != ChipState.Pending || interrupt.Number >= Intid.SgiCount;

    private protected override void WriteGuestBits(BitRegister register, int bank, uint value, uint writable)
    {
        if (bank >= CpuCount)
        {
            base.WriteGuestBits(register, bank, value, writable);
            return;
        }

        const uint Sgis = 0xFFFF;
        if (register is BitRegister.SetPending or BitRegister.ClearPending)
        {
            // The SGI bits of word 0 are read-only (IHI 0048 4.3.7).
            writable &= ~Sgis;
        }

        base.WriteGuestBits(register, bank, value, writable);
        if (register is BitRegister.SetActive or BitRegister.ClearActive && (value & writable & Sgis) != 0)
        {
            // An active SGI has a source, which this register cannot name: the CPU that writes.
            SetSgiActive(bank, value & writable & Sgis, register == BitRegister.SetActive ? (byte)(1 << bank) : (byte)0);
        }
    }

    /// <summary>Acknowledges the candidate; returns INTID and source as IAR does.</summary>
    private uint Acknowledge(int cpu, Candidate candidate)
    {
        uint intid = candidate.Intid;
        Cpus[cpu].Raise(candidate.Priority, candidate.Group1);
        int bank = Interrupts.BankOf(cpu, intid);
        if (intid >= Intid.SgiCount)
        {
            Interrupts.Acknowledge(bank, 1u << (int)(intid & 31));
            if (_activeOwner is not null)
            {
                _activeOwner[intid] = (sbyte)cpu;
            }

            return intid;
        }

        int source = _sgis.NextSource(cpu, intid);
        byte sourceBit = (byte)(1 << source);
        _sgis.Active(cpu, intid) |= sourceBit;
        if (!Deviations.Has(GicDeviations.LatchSurvivesAcknowledge))
        {
            _sgis.Pending(cpu, intid) &= (byte)~sourceBit;
        }

        SummarizeSgi(cpu, intid);
        return intid | (uint)source << 10;
    }

    /// <summary>Deactivates what EOIR or DIR names: INTID in [9:0], source CPU of an SGI in [12:10].</summary>
    private void Deactivate(int cpu, uint value)
    {
        uint intid = value & 0x3FF;
        if (!Interrupts.Exists(intid))
        {
            return;
        }

        if (intid < Intid.SgiCount)
        {
            byte source = (byte)(1 << (int)(value >> 10 & 7));
            _sgis.Active(cpu, intid) &= Deviations.Has(GicDeviations.SgiActiveFromOneSource) ? (byte)0 : (byte)~source;
            SummarizeSgi(cpu, intid);
        }
        else if (_activeOwner is null || Intid.IsPrivate(intid) || _activeOwner[intid] == cpu)
        {
            DeactivateInterrupt(cpu, intid);
        }
    }

    /// <summary>End of interrupt: priority drop and, in EOImode 0, deactivation. Special INTIDs are ignored.</summary>
    private void EndOfInterrupt(int cpu, uint value)
    {
        uint intid = value & 0x3FF;
        if (intid >= Intid.SpiEnd)
        {
            return;
        }

        DropPriority(cpu, intid, out _, out _);
        if (!Cpus[cpu].SplitEoi)
        {
            Deactivate(cpu, value);
        }
    }

    private void SetSgiPending(int cpu, uint sgi, byte sources)
    {
        _sgis.Pending(cpu, sgi) |= sources;
        SummarizeSgi(cpu, sgi);
        Interrupts.Enqueue(cpu, 1u << (int)sgi);
    }

    private void ClearSgiPending(int cpu, uint sgi, byte sources)
    {
        _sgis.Pending(cpu, sgi) &= (byte)~sources;
        SummarizeSgi(cpu, sgi);
    }

    private void SetSgiActive(int cpu, uint sgis, byte sources)
    {
        for (uint sgi = 0; sgi < Intid.SgiCount; sgi++)
        {
            if ((sgis >> (int)sgi & 1) != 0)
            {
                _sgis.Active(cpu, sgi) = sources;
                SummarizeSgi(cpu, sgi);
            }
        }
    }

    /// <summary>The bank shows of an SGI whether any source is pending, and whether any is active.</summary>
    private void SummarizeSgi(int cpu, uint sgi)
    {
        uint bit = 1u << (int)sgi;
        ref InterruptBank bank = ref Interrupts[cpu];
        bank.Latch = _sgis.Pending(cpu, sgi) != 0 ? bank.Latch | bit : bank.Latch & ~bit;
        bank.Active = _sgis.Active(cpu, sgi) != 0 ? bank.Active | bit : bank.Active & ~bit;
        Interrupts.SetSgiReady(cpu, _sgis.Ready(cpu));
    }

    /// <summary>Recomputes the CPUs an SPI may be signalled to from its target list.</summary>
    private void Route(uint intid)
    {
        byte targets = _targets[intid];
        if (Deviations.Has(GicDeviations.LowestTargetOnly))
        {
            targets = targets == 0 ? (byte)1 : (byte)(targets & -targets);
        }
        else if (CpuCount == 1)
        {
            targets = 1;
        }

        for (int cpu = 0; cpu < CpuCount; cpu++)
        {
            Interrupts.SetRouted(cpu, intid, (targets >> cpu & 1) != 0);
        }
    }
}
