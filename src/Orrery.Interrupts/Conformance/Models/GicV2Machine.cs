using Orrery.Interrupts.Conformance.A64;
using Orrery.Interrupts.Conformance.Programs;
using Orrery.Interrupts.Gic;
using Orrery.Interrupts.Gic.V2;

namespace Orrery.Interrupts.Conformance.Models;

/// <summary>A machine with a GICv2: its CPU interface is memory-mapped.</summary>
internal sealed class GicV2Machine : ModelMachine
{
    private const uint UnknownClass = 0;
    private readonly GicV2 _gic;

    public GicV2Machine(MachineShape shape, GicDeviations deviations)
        : this(new GicV2(new GicV2Options { CpuCount = shape.Vcpus, IntidCount = shape.InterruptCount, Deviations = deviations }))
    {
    }

    private GicV2Machine(GicV2 gic)
        : base(gic) => _gic = gic;

    private protected override RegisterResult Access(Operation op)
    {
        GicFrame frame = op.Frame switch
        {
            RegisterFrame.Distributor => GicFrame.Distributor,
            RegisterFrame.CpuInterface => GicFrame.CpuInterface,
            _ => GicFrame.Redistributor,
        };
        return op.Kind == OperationKind.Read
            ? _gic.ReadRegister(op.Vcpu, frame, op.Where, op.Width)
            : _gic.WriteRegister(op.Vcpu, frame, op.Where, op.Width, op.Value);
    }

    private protected override OperationResult ReadSystem(int cpu, SystemRegister register) => OperationResult.Fault(UnknownClass);

    private protected override OperationResult WriteSystem(int cpu, SystemRegister register, ulong value) =>
        OperationResult.Fault(UnknownClass);

    private protected override uint Acknowledge(int cpu, bool alternate) => (uint)_gic.ReadRegister(
        cpu, GicFrame.CpuInterface, alternate ? GiccOffsets.AliasAcknowledge : GiccOffsets.Acknowledge, sizeof(uint)).Value;

    private protected override void EndOfInterrupt(int cpu, uint value, bool alternate) => _gic.WriteRegister(
        cpu, GicFrame.CpuInterface, alternate ? GiccOffsets.AliasEndOfInterrupt : GiccOffsets.EndOfInterrupt, sizeof(uint), value);

    private protected override void Deactivate(int cpu, uint value) =>
        _gic.WriteRegister(cpu, GicFrame.CpuInterface, GiccOffsets.Deactivate, sizeof(uint), value);

    private protected override bool HandlerUsesAlternate(CpuSignals signal) => false;
}
