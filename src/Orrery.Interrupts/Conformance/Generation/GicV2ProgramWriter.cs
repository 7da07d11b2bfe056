using Orrery.Interrupts.Conformance.Programs;
using Orrery.Interrupts.Gic;
using Orrery.Interrupts.Gic.V2;

namespace Orrery.Interrupts.Conformance.Generation;

/// <summary>Programs for a GICv2: a memory-mapped CPU interface, SGIs by source, CPU masks as targets.</summary>
internal sealed partial class GicV2ProgramWriter(MachineShape shape, PoolInterrupt[] pool, ProgramRandom random)
    : ProgramWriter(shape, pool, random)
{
    private const uint Group0 = 1, Group1 = 2, AckCtl = 4, FiqEnable = 8, SplitEoiMode = 1 << 9;

    /// <summary>What GICC_CTLR is set to: mostly group 0 alone, as an operating system without security uses it.</summary>
    private readonly uint _control = random.Below(6) switch
    {
        0 => Group0 | Group1,
        1 => Group0 | Group1 | AckCtl,
        2 => Group0 | Group1 | FiqEnable,
        _ => Group0,
    };

    private protected override void SetUp()
    {
        bool bothGroups = (_control & Group1) != 0;
        Add(Operation.Write(0, GicFrame.Distributor, GicOffsets.Control, 4, bothGroups ? 3u : 1));
        for (int vcpu = 0; vcpu < Shape.Vcpus; vcpu++)
        {
            WriteInterface(vcpu, GiccOffsets.PriorityMask, 0xF8);
            WriteInterface(vcpu, GiccOffsets.Control, Control);
        }

        SetUpPool(bothGroups);
    }

    private protected override void Aim(int vcpu, PoolInterrupt interrupt) => Add(Operation.Write(
        vcpu, GicFrame.Distributor, GicOffsets.Targets + interrupt.Intid, 1, 1u << AnyVcpu()));

    /// <summary>After reset everything is in group 0.</summary>
    private protected override uint OtherGroup(PoolInterrupt interrupt) => interrupt.Bit;

    private protected override void SpecificStep(int vcpu)
    {
        PoolInterrupt interrupt = AnyInterrupt();
        switch (Random.Below(12))
        {
            case 0 or 1 or 2:
                GenerateSgi(vcpu);
                break;
            case 3:
                WriteInterface(vcpu, GiccOffsets.PriorityMask, Random.Coin() ? 0xF8 : (uint)Random.Below(256));
                break;
            case 4:
                // Below its smallest value ABPR keeps, under QEMU, what is written until the vCPU is next loaded.
                Add(Random.Coin()
                    ? Operation.Write(vcpu, GicFrame.CpuInterface, GiccOffsets.BinaryPoint, 4, (uint)Random.Below(8))
                    : Operation.Write(vcpu, GicFrame.CpuInterface, GiccOffsets.AliasBinaryPoint, 4, (uint)Random.Between(3, 7)));
                break;
            case 5 when Random.OnceIn(3):
                WriteInterface(vcpu, GiccOffsets.Control, Random.OnceIn(3) ? Control & ~Group0 : Control);
                break;
            case 6 when !interrupt.IsPrivate:
                Aim(vcpu, interrupt);
                break;
            case 7:
                SgiPending(vcpu);
                break;
            case 8 when Random.OnceIn(4):
                Add(Operation.Write(vcpu, GicFrame.Distributor, GicOffsets.Control, 4, (ulong)Random.Below(2)));
                break;
            default:
                LookAtInterface(vcpu);
                break;
        }
    }

    private protected override void LookAtCpuInterface(int vcpu)
    {
        Add(Operation.ReadSystem(vcpu, A64.SystemRegisters.Isr));
        ReadInterface(vcpu, GiccOffsets.HighestPending);
        ReadInterface(vcpu, GiccOffsets.RunningPriority);
        ReadInterface(vcpu, GiccOffsets.ActivePriorities);
    }

    private uint Control => _control | (SplitEoi ? SplitEoiMode : 0);

    private void LookAtInterface(int vcpu)
    {
        ReadOnlySpan<uint> registers =
        [
            GiccOffsets.HighestPending, GiccOffsets.RunningPriority, GiccOffsets.BinaryPoint, GiccOffsets.AliasBinaryPoint,
            GiccOffsets.Control, GiccOffsets.PriorityMask, GiccOffsets.ActivePriorities,
        ];
        if (Random.OnceIn(4))
        {
            Add(Operation.ReadSystem(vcpu, A64.SystemRegisters.Isr));
        }
        else
        {
            ReadInterface(vcpu, Random.Pick(registers));
        }
    }

    private void GenerateSgi(int vcpu)
    {
        const int filterShift = 24, listShift = 16;
        if (!TryAnySgi(out PoolInterrupt sgi))
        {
            return;
        }

        uint filter = (uint)Random.Below(3);
        uint list = (uint)Random.Below(1 << Shape.Vcpus);
        uint value = filter << filterShift | list << listShift | sgi.Intid;
        Add(Operation.Write(vcpu, GicFrame.Distributor, GicOffsets.GenerateSgi, 4, value));
    }

    /// <summary>Sets, clears or reads the pending sources of four SGIs.</summary>
    private void SgiPending(int vcpu)
    {
        if (!TryAnySgi(out PoolInterrupt sgi))
        {
            return;
        }

        uint intid = sgi.Intid;
        uint register = (Random.Coin() ? GicOffsets.ClearSgiPending : GicOffsets.SetSgiPending) + (intid & ~3u);
        uint source = 1u << AnyVcpu();
        Add(Random.OnceIn(3)
            ? Operation.Read(vcpu, GicFrame.Distributor, register, 4)
            : Operation.Write(vcpu, GicFrame.Distributor, register, 4, source << (int)(8 * (intid & 3))));
    }

    private void WriteInterface(int vcpu, uint offset, uint value) =>
        Add(Operation.Write(vcpu, GicFrame.CpuInterface, offset, 4, value));

    private void ReadInterface(int vcpu, uint offset) => Add(Operation.Read(vcpu, GicFrame.CpuInterface, offset, 4));
}
