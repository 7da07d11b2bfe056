using Orrery.Interrupts.Gic;
using Orrery.Interrupts.Gic.Snapshots;
using Orrery.Interrupts.Gic.V2;
using Orrery.Interrupts.Gic.V3;
using Orrery.Interrupts.State;

namespace Orrery.Machines.Interrupts;

/// <summary>The interrupt chip of a machine.</summary>
public enum MachineChip
{
    /// <summary>A GICv2 with a memory-mapped CPU interface.</summary>
    GicV2,

    /// <summary>A GICv3 with its CPU interface in system registers.</summary>
    GicV3,
}

/// <summary>
/// The one CPU of a machine at its interrupt chip: what a kernel's interrupt driver does with the registers. All accesses
/// are a guest's, so that the chip decides what becomes of an interrupt.
/// </summary>
internal sealed class GicCpu
{
    // Distributor registers (IHI 0048 4.3, IHI 0069 12.9): the same offsets in both.
    private const uint Control = 0x000;
    private const uint SetEnable = 0x100;
    private const uint ClearEnable = 0x180;
    private const uint Priority = 0x400;
    private const uint Target = 0x800;
    private const uint Configuration = 0xC00;

    // CPU interface of a GICv2 (IHI 0048 4.4).
    private const uint CpuControl = 0x00;
    private const uint CpuPriorityMask = 0x04;
    private const uint CpuAcknowledge = 0x0C;
    private const uint CpuEndOfInterrupt = 0x10;

    private const int Cpu = 0;
    private const byte DefaultPriority = 0xA0;
    private const uint IntidMask = 0x3FF;
    private const int IntidCount = 64; // 32 lines for devices: more than a machine has

    private readonly bool _isV3;

    public GicCpu(MachineChip chip)
    {
        _isV3 = chip == MachineChip.GicV3;
        if (_isV3)
        {
            Chip = new GicV3(new GicV3Options { IntidCount = IntidCount });
            Write(GicFrame.Distributor, Control, 4, 2); // group 1
            Chip.WriteSystemRegister(Cpu, IccRegister.PriorityMask, 0xFF);
            Chip.WriteSystemRegister(Cpu, IccRegister.GroupEnable1, 1);
        }
        else
        {
            Chip = new GicV2(new GicV2Options { IntidCount = IntidCount });
            Write(GicFrame.Distributor, Control, 4, 1);
            Write(GicFrame.CpuInterface, CpuPriorityMask, 4, 0xFF);
            Write(GicFrame.CpuInterface, CpuControl, 4, 1);
        }
    }

    /// <summary>The chip, for those who look at or save its state.</summary>
    public GicController Chip { get; private set; }

    /// <summary>Whether the chip interrupts the CPU now.</summary>
    public bool IsSignalled => Chip.Signalled(Cpu) != CpuSignals.None;

    /// <summary>Sets a shared interrupt up: trigger, priority, target, enable.</summary>
    public void Configure(uint intid, bool edge)
    {
        uint configuration = (uint)Chip.ReadRegister(Cpu, GicFrame.Distributor, Configuration + (intid / 16 * 4), 4).Value;
        uint edgeBit = 2u << (int)(intid % 16 * 2);
        Write(GicFrame.Distributor, Configuration + (intid / 16 * 4), 4, edge ? configuration | edgeBit : configuration & ~edgeBit);
        Write(GicFrame.Distributor, Priority + intid, 1, DefaultPriority);
        if (!_isV3)
        {
            Write(GicFrame.Distributor, Target + intid, 1, 1);
        }

        Enable(intid, true);
    }

    /// <summary>Lets an interrupt be signalled, or keeps it from that; pending it stays either way.</summary>
    public void Enable(uint intid, bool enabled) =>
        Write(GicFrame.Distributor, (enabled ? SetEnable : ClearEnable) + (intid / 32 * 4), 4, 1u << (int)(intid % 32));

    /// <summary>Whether an interrupt has come and has not been acknowledged.</summary>
    public bool IsPending(uint intid) => Chip.GetState(new InterruptRef(intid, Cpu), ChipState.Pending).Value == true;

    /// <summary>Puts the chip that was saved in the place of this one.</summary>
    /// <param name="state">A <see cref="GicSnapshot"/> in its text form; not trusted.</param>
    /// <param name="lineCount">How many lines the machine has.</param>
    /// <returns>What is wrong with the state, with its place; null when nothing is.</returns>
    public string? Restore(string state, int lineCount)
    {
        SnapshotResult<GicSnapshot> snapshot = GicSnapshotJson.Read(state);
        if (snapshot.Value is null)
        {
            return snapshot.Error!.ToString();
        }

        SnapshotResult<GicController> restored = GicRestore.Restore(snapshot.Value, _isV3 ? new GicV3Options() : new GicV2Options());
        if (restored.Value is not { } chip)
        {
            return restored.Error!.ToString();
        }

        if (chip.IntidCount != IntidCount || chip.CpuCount != 1 || chip.PriorityBits != Chip.PriorityBits)
        {
            return $"{chip.CpuCount} CPUs, {chip.IntidCount} interrupts and {chip.PriorityBits} bits of priority: a machine has 1, {IntidCount} and {Chip.PriorityBits}";
        }

        // What would be acknowledged must have a handler; and between two events none is at work.
        for (uint intid = 0; intid < IntidCount; intid++)
        {
            InterruptView view = chip.Inspect(new InterruptRef(intid, Cpu))!.Value;
            bool hasHandler = intid >= Intid.PrivateCount && intid < Intid.PrivateCount + lineCount;
            if (view.Active || (view.Pending && !hasHandler))
            {
                return $"interrupt {intid} is {(view.Active ? "active" : "pending")}, which it cannot be";
            }
        }

        Chip = chip;
        return null;
    }

    /// <summary>A pulse on an interrupt's line: an edge.</summary>
    public void Pulse(uint intid)
    {
        Chip.SetLine(intid, Cpu, true);
        Chip.SetLine(intid, Cpu, false);
    }

    /// <summary>Acknowledges the most urgent interrupt (IAR).</summary>
    /// <returns>False when there is none: spurious.</returns>
    public bool TryAcknowledge(out uint intid)
    {
        RegisterResult read = _isV3
            ? Chip.ReadSystemRegister(Cpu, IccRegister.Acknowledge1)
            : Chip.ReadRegister(Cpu, GicFrame.CpuInterface, CpuAcknowledge, 4);
        intid = (uint)read.Value & IntidMask;
        return intid < Intid.SpiEnd;
    }

    /// <summary>Ends an acknowledged interrupt (EOIR).</summary>
    public void End(uint intid)
    {
        if (_isV3)
        {
            Chip.WriteSystemRegister(Cpu, IccRegister.EndOfInterrupt1, intid);
        }
        else
        {
            Write(GicFrame.CpuInterface, CpuEndOfInterrupt, 4, intid);
        }
    }

    private void Write(GicFrame frame, uint offset, int width, ulong value)
    {
        RegisterResult result = Chip.WriteRegister(Cpu, frame, offset, width, value);
        if (!result.IsOk)
        {
            throw new InvalidOperationException($"The machine's own chip refuses a register of its tables: {result.Error}");
        }
    }
}
