using Orrery.Interrupts.Conformance.A64;
using Orrery.Interrupts.Conformance.Programs;
using Orrery.Interrupts.Gic;
using Orrery.Interrupts.Gic.V2;

namespace Orrery.Interrupts.Conformance.Models;

/// <summary>A machine with a GICv2: its CPU interface is memory-mapped, and it has no system registers for it.</summary>
internal sealed class GicV2Machine(MachineShape shape, GicDeviations deviations) : ModelMachine(shape, deviations)
{
    private const uint UnknownClass = 0;

    private protected override OperationResult ReadSystem(int cpu, SystemRegister register) => OperationResult.Fault(UnknownClass);

    private protected override OperationResult WriteSystem(int cpu, SystemRegister register, ulong value) =>
        OperationResult.Fault(UnknownClass);

    private protected override uint Acknowledge(int cpu, bool alternate) => (uint)Gic.ReadRegister(
        cpu, GicFrame.CpuInterface, alternate ? GiccOffsets.AliasAcknowledge : GiccOffsets.Acknowledge, sizeof(uint)).Value;

    private protected override void EndOfInterrupt(int cpu, uint value, bool alternate) => Gic.WriteRegister(
        cpu, GicFrame.CpuInterface, alternate ? GiccOffsets.AliasEndOfInterrupt : GiccOffsets.EndOfInterrupt, sizeof(uint), value);

    private protected override void Deactivate(int cpu, uint value) =>
        Gic.WriteRegister(cpu, GicFrame.CpuInterface, GiccOffsets.Deactivate, sizeof(uint), value);

    private protected override bool HandlerUsesAlternate(CpuSignals signal) => false;
}
