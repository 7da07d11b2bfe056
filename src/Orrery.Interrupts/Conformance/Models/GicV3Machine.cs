using Orrery.Interrupts.Conformance.A64;
using Orrery.Interrupts.Conformance.Programs;
using Orrery.Interrupts.Gic;
using Orrery.Interrupts.Gic.V3;

namespace Orrery.Interrupts.Conformance.Models;

/// <summary>A machine with a GICv3: its CPU interface is in system registers.</summary>
internal sealed class GicV3Machine : ModelMachine
{
    private const uint SgiFrameOffset = 0x1_0000;
    private const uint UnknownClass = 0;
    private readonly GicV3 _gic;

    public GicV3Machine(MachineShape shape, GicDeviations deviations)
        : this(new GicV3(new GicV3Options { CpuCount = shape.Vcpus, IntidCount = shape.InterruptCount, Deviations = deviations }))
    {
    }

    private GicV3Machine(GicV3 gic)
        : base(gic) => _gic = gic;

    private protected override RegisterResult Access(Operation op)
    {
        bool isSgiFrame = op.Frame == RegisterFrame.Redistributor && op.Where >= SgiFrameOffset;
        GicFrame frame = op.Frame switch
        {
            RegisterFrame.Distributor => GicFrame.Distributor,
            RegisterFrame.CpuInterface => GicFrame.CpuInterface,
            _ => isSgiFrame ? GicFrame.RedistributorSgi : GicFrame.Redistributor,
        };
        int cpu = op.Frame == RegisterFrame.Redistributor ? op.Index : op.Vcpu;
        uint offset = isSgiFrame ? op.Where - SgiFrameOffset : op.Where;
        return op.Kind == OperationKind.Read
            ? _gic.ReadRegister(cpu, frame, offset, op.Width)
            : _gic.WriteRegister(cpu, frame, offset, op.Width, op.Value);
    }

    private protected override OperationResult ReadSystem(int cpu, SystemRegister register)
    {
        RegisterResult result = _gic.ReadSystemRegister(cpu, (IccRegister)register.Encoding);
        return result.IsOk ? OperationResult.Of(result.Value) : OperationResult.Fault(UnknownClass);
    }

    private protected override OperationResult WriteSystem(int cpu, SystemRegister register, ulong value) =>
        _gic.WriteSystemRegister(cpu, (IccRegister)register.Encoding, value).IsOk
            ? OperationResult.Done
            : OperationResult.Fault(UnknownClass);

    private protected override uint Acknowledge(int cpu, bool alternate) =>
        (uint)_gic.ReadSystemRegister(cpu, alternate ? IccRegister.Acknowledge0 : IccRegister.Acknowledge1).Value;

    private protected override void EndOfInterrupt(int cpu, uint value, bool alternate) =>
        _gic.WriteSystemRegister(cpu, alternate ? IccRegister.EndOfInterrupt0 : IccRegister.EndOfInterrupt1, value);

    private protected override void Deactivate(int cpu, uint value) =>
        _gic.WriteSystemRegister(cpu, IccRegister.Deactivate, value);

    private protected override bool HandlerUsesAlternate(CpuSignals signal) => signal == CpuSignals.Fiq;
}
