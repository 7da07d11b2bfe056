using Orrery.Interrupts.Gic;
using Orrery.Interrupts.Gic.V2;
using Orrery.Interrupts.Gic.V3;
using Orrery.Interrupts.State;
using Xunit;

namespace Orrery.Interrupts.Tests.Gic;

/// <summary>
/// What a guest does to its interrupt controller, in words, over either GIC; every access must succeed. The guest uses
/// group 1 on a GICv3 and group 0 on a GICv2, with everything enabled and the mask open, unless told otherwise.
/// </summary>
internal abstract class Machine
{
    public const uint Ppi = 27;

    public abstract GicController Gic { get; }

    public static Machine V2(int cpus = 1, GicDeviations deviations = GicDeviations.None, int intids = 96) =>
        new Gicv2Machine(new GicV2(new GicV2Options { CpuCount = cpus, IntidCount = intids, Deviations = deviations }));

    public static Machine V3(int cpus = 1, GicDeviations deviations = GicDeviations.None, int intids = 96) =>
        new Gicv3Machine(new GicV3(new GicV3Options { CpuCount = cpus, IntidCount = intids, Deviations = deviations }));

    /// <summary>The options of a GIC of the same kind and deviations.</summary>
    public abstract GicOptions Options { get; }

    /// <summary>The same guest on another GIC of the same kind.</summary>
    public abstract Machine On(GicController gic);

    public abstract Machine Clone();

    public abstract bool StateEquals(Machine other);

    public uint Read(GicFrame frame, uint offset, int width = 4, int cpu = 0)
    {
        RegisterResult result = Gic.ReadRegister(cpu, frame, offset, width);
        Assert.True(result.IsOk, result.Error.ToString());
        return (uint)result.Value;
    }

    public void Write(GicFrame frame, uint offset, ulong value, int width = 4, int cpu = 0)
    {
        RegisterResult result = Gic.WriteRegister(cpu, frame, offset, width, value);
        Assert.True(result.IsOk, result.Error.ToString());
    }

    /// <summary>Writes the bit of an INTID in a register of one bit per INTID (offsets of the distributor).</summary>
    public void WriteBit(uint register, uint intid, int cpu = 0)
    {
        (GicFrame frame, uint offset) = Place(register, intid);
        Write(frame, offset, 1u << (int)(intid & 31), cpu: cpu);
    }

    public bool ReadBit(uint register, uint intid, int cpu = 0)
    {
        (GicFrame frame, uint offset) = Place(register, intid);
        return (Read(frame, offset, cpu: cpu) >> (int)(intid & 31) & 1) != 0;
    }

    public void Enable(uint intid, int cpu = 0) => WriteBit(0x100, intid, cpu);

    public void Disable(uint intid, int cpu = 0) => WriteBit(0x180, intid, cpu);

    public void SetPending(uint intid, int cpu = 0) => WriteBit(0x200, intid, cpu);

    public void ClearPending(uint intid, int cpu = 0) => WriteBit(0x280, intid, cpu);

    public void SetActive(uint intid, int cpu = 0) => WriteBit(0x300, intid, cpu);

    public void ClearActive(uint intid, int cpu = 0) => WriteBit(0x380, intid, cpu);

    public bool IsPending(uint intid, int cpu = 0) => ReadBit(0x200, intid, cpu);

    public bool IsActive(uint intid, int cpu = 0) => ReadBit(0x300, intid, cpu);

    public void Configure(uint intid, bool edge)
    {
        uint offset = 0xC00 + 4 * (intid / 16);
        uint bit = 2u << (int)(2 * (intid % 16));
        uint value = Read(GicFrame.Distributor, offset);
        Write(GicFrame.Distributor, offset, edge ? value | bit : value & ~bit);
    }

    public void SetPriority(uint intid, byte priority, int cpu = 0)
    {
        (GicFrame frame, _) = Place(0x400, intid);
        Write(frame, 0x400 + intid, priority, width: 1, cpu: cpu);
    }

    public void Line(uint intid, bool level, int cpu = 0) => Assert.Equal(LineError.None, Gic.SetLine(intid, cpu, level));

    public void Pulse(uint intid, int cpu = 0)
    {
        Line(intid, true, cpu);
        Line(intid, false, cpu);
    }

    public bool Irq(int cpu = 0) => Gic.Signalled(cpu) != CpuSignals.None;

    public InterruptView View(uint intid, int cpu = 0) => Gic.Inspect(InterruptRef.OnCpu(intid, cpu))!.Value;

    public abstract uint Acknowledge(int cpu = 0);

    public abstract void End(uint acknowledged, int cpu = 0);

    public abstract void Deactivate(uint acknowledged, int cpu = 0);

    public abstract void SplitEoi(bool split, int cpu = 0);

    public abstract void SetMask(byte mask, int cpu = 0);

    public abstract uint Mask(int cpu = 0);

    public abstract uint RunningPriority(int cpu = 0);

    public abstract void SetBinaryPoint(int value, int cpu = 0);

    public abstract void EnableDistributor(bool enabled);

    public abstract void SendSgi(uint sgi, int from, params int[] targets);

    public abstract void Route(uint intid, int cpu);

    /// <summary>Active priorities of all groups.</summary>
    public abstract uint ActivePriorities(int cpu = 0);

    /// <summary>EOI, and in EOImode 1 also DIR.</summary>
    public void Finish(uint acknowledged, bool split, int cpu = 0)
    {
        End(acknowledged, cpu);
        if (split)
        {
            Deactivate(acknowledged, cpu);
        }
    }

    protected abstract (GicFrame Frame, uint Offset) Place(uint register, uint intid);

    private sealed class Gicv2Machine : Machine
    {
        private const uint Group = 1;
        private readonly GicV2 _gic;

        public Gicv2Machine(GicV2 gic)
        {
            _gic = gic;
            EnableDistributor(true);
            for (int cpu = 0; cpu < gic.CpuCount; cpu++)
            {
                Write(GicFrame.CpuInterface, 0x00, Group, cpu: cpu);
                SetMask(0xFF, cpu);
            }

            for (uint intid = 32; intid < gic.IntidCount && gic.CpuCount > 1; intid++)
            {
                Route(intid, 0);
            }
        }

        private Gicv2Machine(GicV2 gic, bool _) => _gic = gic;

        public override GicController Gic => _gic;

        public override GicOptions Options => new GicV2Options { Deviations = _gic.Deviations };

        public override Machine On(GicController gic) => new Gicv2Machine((GicV2)gic, false);

        public override Machine Clone() => On(_gic.Clone());

        public override bool StateEquals(Machine other) => _gic.StateEquals((GicV2)other.Gic);

        public override uint Acknowledge(int cpu = 0) => Read(GicFrame.CpuInterface, 0x0C, cpu: cpu);

        public override void End(uint acknowledged, int cpu = 0) => Write(GicFrame.CpuInterface, 0x10, acknowledged, cpu: cpu);

        public override void Deactivate(uint acknowledged, int cpu = 0) => Write(GicFrame.CpuInterface, 0x1000, acknowledged, cpu: cpu);

        public override void SplitEoi(bool split, int cpu = 0) =>
            Write(GicFrame.CpuInterface, 0x00, Group | (split ? 1u << 9 : 0), cpu: cpu);

        public override void SetMask(byte mask, int cpu = 0) => Write(GicFrame.CpuInterface, 0x04, mask, cpu: cpu);

        public override uint Mask(int cpu = 0) => Read(GicFrame.CpuInterface, 0x04, cpu: cpu);

        public override uint RunningPriority(int cpu = 0) => Read(GicFrame.CpuInterface, 0x14, cpu: cpu);

        public override void SetBinaryPoint(int value, int cpu = 0) => Write(GicFrame.CpuInterface, 0x08, (uint)value, cpu: cpu);

        public override void EnableDistributor(bool enabled) => Write(GicFrame.Distributor, 0, enabled ? 1u : 0);

        public override void SendSgi(uint sgi, int from, params int[] targets) =>
            Write(GicFrame.Distributor, 0xF00, (uint)targets.Sum(t => 1 << t) << 16 | sgi, cpu: from);

        public override void Route(uint intid, int cpu) => Write(GicFrame.Distributor, 0x800 + intid, 1u << cpu, width: 1);

        public override uint ActivePriorities(int cpu = 0) =>
            Read(GicFrame.CpuInterface, 0xD0, cpu: cpu) | Read(GicFrame.CpuInterface, 0xE0, cpu: cpu);

        protected override (GicFrame Frame, uint Offset) Place(uint register, uint intid) =>
            (GicFrame.Distributor, register + 4 * (intid / 32));
    }

    private sealed class Gicv3Machine : Machine
    {
        private readonly GicV3 _gic;

        public Gicv3Machine(GicV3 gic)
        {
            _gic = gic;
            EnableDistributor(true);
            for (int cpu = 0; cpu < gic.CpuCount; cpu++)
            {
                WriteSystem(IccRegister.GroupEnable1, 1, cpu);
                SetMask(0xFF, cpu);
            }
        }

        private Gicv3Machine(GicV3 gic, bool _) => _gic = gic;

        public override GicController Gic => _gic;

        public override GicOptions Options => new GicV3Options { Deviations = _gic.Deviations };

        public override Machine On(GicController gic) => new Gicv3Machine((GicV3)gic, false);

        public override Machine Clone() => On(_gic.Clone());

        public override bool StateEquals(Machine other) => _gic.StateEquals((GicV3)other.Gic);

        public override uint Acknowledge(int cpu = 0) => (uint)ReadSystem(IccRegister.Acknowledge1, cpu);

        public override void End(uint acknowledged, int cpu = 0) => WriteSystem(IccRegister.EndOfInterrupt1, acknowledged, cpu);

        public override void Deactivate(uint acknowledged, int cpu = 0) => WriteSystem(IccRegister.Deactivate, acknowledged, cpu);

        public override void SplitEoi(bool split, int cpu = 0) => WriteSystem(IccRegister.Control, split ? 2u : 0, cpu);

        public override void SetMask(byte mask, int cpu = 0) => WriteSystem(IccRegister.PriorityMask, mask, cpu);

        public override uint Mask(int cpu = 0) => (uint)ReadSystem(IccRegister.PriorityMask, cpu);

        public override uint RunningPriority(int cpu = 0) => (uint)ReadSystem(IccRegister.RunningPriority, cpu);

        public override void SetBinaryPoint(int value, int cpu = 0) => WriteSystem(IccRegister.BinaryPoint1, (uint)value, cpu);

        public override void EnableDistributor(bool enabled) => Write(GicFrame.Distributor, 0, enabled ? 2u : 0);

        public override void SendSgi(uint sgi, int from, params int[] targets) =>
            WriteSystem(IccRegister.GenerateSgi1, (ulong)sgi << 24 | (uint)targets.Sum(t => 1 << t), from);

        public override void Route(uint intid, int cpu) =>
            Write(GicFrame.Distributor, 0x6000 + 8 * intid, _gic.Affinities[cpu].Packed, width: 8);

        public override uint ActivePriorities(int cpu = 0) =>
            (uint)(ReadSystem(IccRegister.ActivePriorities0, cpu) | ReadSystem(IccRegister.ActivePriorities1, cpu));

        protected override (GicFrame Frame, uint Offset) Place(uint register, uint intid) =>
            intid < 32
                ? (GicFrame.RedistributorSgi, register)
                : (GicFrame.Distributor, register + 4 * (intid / 32));

        private ulong ReadSystem(IccRegister register, int cpu)
        {
            RegisterResult result = _gic.ReadSystemRegister(cpu, register);
            Assert.True(result.IsOk, result.Error.ToString());
            return result.Value;
        }

        private void WriteSystem(IccRegister register, ulong value, int cpu)
        {
            RegisterResult result = _gic.WriteSystemRegister(cpu, register, value);
            Assert.True(result.IsOk, result.Error.ToString());
        }
    }
}
