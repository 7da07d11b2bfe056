using Orrery.Interrupts.Conformance.A64;
using Orrery.Interrupts.Conformance.Programs;
using Orrery.Interrupts.Gic;
using Orrery.Interrupts.Gic.V3;

namespace Orrery.Interrupts.Conformance.Models;

/// <summary>A machine with a GICv3: its CPU interface is in system registers.</summary>
internal sealed class GicV3Machine(MachineShape shape, GicDeviations deviations) : ModelMachine(shape, deviations)
{
    private const uint UnknownClass = 0;

    private GicV3 V3 => (GicV3)Gic;

    private protected override OperationResult ReadSystem(int cpu, SystemRegister register)
    {
        RegisterResult result = V3.ReadSystemRegister(cpu, (IccRegister)register.Encoding);
        return result.IsOk ? OperationResult.Of(result.Value) : OperationResult.Fault(UnknownClass);
    }

    private protected override OperationResult WriteSystem(int cpu, SystemRegister register, ulong value) =>
        V3.WriteSystemRegister(cpu, (IccRegister)register.Encoding, value).IsOk
            ? OperationResult.Done
            : OperationResult.Fault(UnknownClass);

    private protected override uint Acknowledge(int cpu, bool alternate) =>
        (uint)V3.ReadSystemRegister(cpu, alternate ? IccRegister.Acknowledge0 : IccRegister.Acknowledge1).Value;

    private protected override void EndOfInterrupt(int cpu, uint value, bool alternate) =>
        V3.WriteSystemRegister(cpu, alternate ? IccRegister.EndOfInterrupt0 : IccRegister.EndOfInterrupt1, value);

    private protected override void Deactivate(int cpu, uint value) =>
        V3.WriteSystemRegister(cpu, IccRegister.Deactivate, value);

    private protected override bool HandlerUsesAlternate(CpuSignals signal) => signal == CpuSignals.Fiq;
}
