using Orrery.Interrupts.Conformance.A64;
using Orrery.Interrupts.Conformance.Programs;
using Orrery.Interrupts.Gic;

namespace Orrery.Interrupts.Conformance.Generation;

/// <summary>Programs for a GICv3: system registers, affinity routing.</summary>
internal sealed partial class GicV3ProgramWriter(MachineShape shape, PoolInterrupt[] pool, ProgramRandom random)
    : ProgramWriter(shape, pool, random)
{
    private const uint DistributorGroup1 = 2, DistributorBothGroups = 3;

    /// <summary>One program in three uses group 0 too.</summary>
    private readonly bool _bothGroups = random.OnceIn(3);

    private protected override void SetUp()
    {
        Add(Operation.Write(0, GicFrame.Distributor, GicOffsets.Control, 4, _bothGroups ? DistributorBothGroups : DistributorGroup1));
        for (int vcpu = 0; vcpu < Shape.Vcpus; vcpu++)
        {
            Add(Operation.WriteSystem(vcpu, SystemRegisters.IccPmr, 0xF8));
            Add(Operation.WriteSystem(vcpu, SystemRegisters.IccIgrpen1, 1));
            if (_bothGroups)
            {
                Add(Operation.WriteSystem(vcpu, SystemRegisters.IccIgrpen0, 1));
            }

            if (SplitEoi)
            {
                Add(Operation.WriteSystem(vcpu, SystemRegisters.IccCtlr, 2));
            }
        }

        SetUpPool(_bothGroups);
    }

    /// <summary>With one vCPU there is nowhere else to route to.</summary>
    private protected override void Aim(int vcpu, PoolInterrupt interrupt)
    {
        if (Shape.Vcpus > 1)
        {
            Route(vcpu, interrupt);
        }
    }

    /// <summary>After reset everything is in group 1.</summary>
    private protected override uint OtherGroup(PoolInterrupt interrupt) => ~interrupt.Bit;

    private protected override void SpecificStep(int vcpu)
    {
        PoolInterrupt interrupt = AnyInterrupt();
        switch (Random.Below(12))
        {
            case 0 or 1 or 2:
                GenerateSgi(vcpu);
                break;
            case 3:
                Add(Operation.WriteSystem(vcpu, SystemRegisters.IccPmr, Random.Coin() ? 0xF8 : Random.Next() & 0xFF));
                break;
            case 4:
                Add(Operation.WriteSystem(
                    vcpu, Random.Coin() ? SystemRegisters.IccBpr1 : SystemRegisters.IccBpr0, (ulong)Random.Below(8)));
                break;
            case 5 when Random.OnceIn(3):
                Add(Operation.WriteSystem(vcpu, SystemRegisters.IccCtlr, (SplitEoi ? 2u : 0) + (uint)Random.Below(2)));
                break;
            case 6 when !interrupt.IsPrivate:
                Route(vcpu, interrupt);
                break;
            case 7 when Random.OnceIn(3):
                Add(Operation.WriteSystem(
                    vcpu, _bothGroups && Random.Coin() ? SystemRegisters.IccIgrpen0 : SystemRegisters.IccIgrpen1, (ulong)Random.Below(2)));
                break;
            case 8 when Random.OnceIn(4):
                Add(Operation.Write(vcpu, GicFrame.Distributor, GicOffsets.Control, 4, (ulong)Random.Below(4)));
                break;
            default:
                LookAtSystem(vcpu);
                break;
        }
    }

    private protected override void LookAtCpuInterface(int vcpu)
    {
        Add(Operation.ReadSystem(vcpu, SystemRegisters.Isr));
        Add(Operation.ReadSystem(vcpu, SystemRegisters.IccHppir1));
        Add(Operation.ReadSystem(vcpu, SystemRegisters.IccRpr));
        Add(Operation.ReadSystem(vcpu, SystemRegisters.IccAp1R0));
        Add(Operation.ReadSystem(vcpu, SystemRegisters.IccAp0R0));
    }

    private void LookAtSystem(int vcpu)
    {
        ReadOnlySpan<SystemRegister> registers =
        [
            SystemRegisters.Isr, SystemRegisters.IccHppir1, SystemRegisters.IccHppir0, SystemRegisters.IccRpr,
            SystemRegisters.IccBpr0, SystemRegisters.IccBpr1, SystemRegisters.IccCtlr, SystemRegisters.IccPmr,
            SystemRegisters.IccAp1R0, SystemRegisters.IccAp0R0, SystemRegisters.IccIgrpen1, SystemRegisters.IccSre,
        ];
        Add(Operation.ReadSystem(vcpu, Random.Pick(registers)));
    }

    private void GenerateSgi(int vcpu)
    {
        const int intidShift = 24;
        const ulong allButSelf = 1UL << 40;
        if (!TryAnySgi(out PoolInterrupt sgi))
        {
            return;
        }

        ulong value = (ulong)sgi.Intid << intidShift;
        value |= Random.OnceIn(4) ? allButSelf : (ulong)Random.Below(1 << Shape.Vcpus);
        Add(Operation.WriteSystem(vcpu, Random.OnceIn(8) ? SystemRegisters.IccSgi0R : SystemRegisters.IccSgi1R, value));
    }

    private void Route(int vcpu, PoolInterrupt interrupt) => Add(Operation.Write(
        vcpu, GicFrame.Distributor, GicOffsets.Routing + 8 * interrupt.Intid, 8, (ulong)AnyVcpu()));
}
