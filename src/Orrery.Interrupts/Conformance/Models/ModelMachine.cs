using Orrery.Interrupts.Conformance.A64;
using Orrery.Interrupts.Conformance.Guests;
using Orrery.Interrupts.Conformance.Programs;
using Orrery.Interrupts.Gic;
using Orrery.Interrupts.Gic.Kvm;

namespace Orrery.Interrupts.Conformance.Models;

/// <summary>
/// Executes conformance programs on a model of KVM's interrupt controller: what a guest of real KVM does with the code
/// of <see cref="GuestCode"/>, done here on the model. The two GICs differ in how their CPU interface is reached.
/// </summary>
internal abstract class ModelMachine
{
    private const uint VirtualTimer = 1u << 27, PhysicalTimer = 1u << 30;
    private const uint IsrIrq = 1 << 7, IsrFiq = 1 << 6;
    private readonly MachineShape _shape;
    private readonly KvmVgicOptions _options;
    private readonly uint[,] _slots;
    private KvmVgic _vgic;

    private protected ModelMachine(MachineShape shape, GicDeviations deviations)
    {
        _shape = shape;
        _options = new KvmVgicOptions
        {
            Kind = shape.Gic,
            Deviations = deviations,
            TimerPpis = shape.Gic == VgicKind.GicV3 ? VirtualTimer | PhysicalTimer : VirtualTimer,
            EmulatedTimerPpis = shape.Gic == VgicKind.GicV3 ? 0 : PhysicalTimer,
        };
        _slots = new uint[shape.Vcpus, Operation.SlotCount];
        _vgic = NewDevice();
    }

    /// <summary>Runs a program from reset on a model with the given deviations.</summary>
    /// <param name="program">The program.</param>
    /// <param name="deviations">How the model differs from the architecture.</param>
    /// <param name="after">Called after each operation with its index, to look at the controller.</param>
    public static OperationResult[] Run(
        ConformanceProgram program, GicDeviations deviations, Action<int, GicController>? after = null)
    {
        ModelMachine machine = program.Shape.Gic == VgicKind.GicV2
            ? new GicV2Machine(program.Shape, deviations)
            : new GicV3Machine(program.Shape, deviations);
        var results = new OperationResult[program.Operations.Length];
        for (int i = 0; i < results.Length; i++)
        {
            results[i] = machine.Execute(program.Operations[i]);
            if (program.EndsRun(i))
            {
                machine._vgic.LeaveGuest(program.Operations[i].Vcpu);
            }

            after?.Invoke(i, machine.Gic);
        }

        return results;
    }

    /// <summary>The controller behind the device.</summary>
    private protected GicController Gic => _vgic.Gic!;

    private protected abstract OperationResult ReadSystem(int cpu, SystemRegister register);

    private protected abstract OperationResult WriteSystem(int cpu, SystemRegister register, ulong value);

    private protected abstract uint Acknowledge(int cpu, bool alternate);

    private protected abstract void EndOfInterrupt(int cpu, uint value, bool alternate);

    private protected abstract void Deactivate(int cpu, uint value);

    /// <summary>Whether the handler of this signal uses the alternate registers (GICv3: group 0 for FIQ).</summary>
    private protected abstract bool HandlerUsesAlternate(CpuSignals signal);

    /// <summary>The same calls, in the same order, as <see cref="KvmProgram"/> makes on KVM.</summary>
    private KvmVgic NewDevice()
    {
        var vgic = new KvmVgic(_options);
        for (int vcpu = 0; vcpu < _shape.Vcpus; vcpu++)
        {
            vgic.CreateVcpu();
        }

        vgic.SetAttribute(new VgicAttribute(VgicGroup.IntidCount, 0), (ulong)_shape.InterruptCount);
        foreach (AttributeValue address in GuestLayout.Addresses(_shape.Gic))
        {
            vgic.SetAttribute(address.Attribute, address.Value);
        }

        vgic.SetAttribute(new VgicAttribute(VgicGroup.Control, VgicAttribute.ControlInit), 0);
        return vgic;
    }

    private OperationResult Migrate()
    {
        KvmVgic destination = NewDevice();
        foreach (MigrationWrite write in MigrationPlan.Of(_shape))
        {
            destination.SetAttribute(
                write.Attribute, write.Constant ?? _vgic.GetAttribute(write.Attribute).Value & write.Mask);
        }

        _vgic = destination;
        return OperationResult.Done;
    }

    private OperationResult Execute(Operation op)
    {
        if (op.IsGuest)
        {
            KvmErrno error = _vgic.PrepareRun(op.Vcpu);
            if (op.Traps)
            {
                _vgic.LeaveGuest(op.Vcpu);
            }

            return error == KvmErrno.None ? ExecuteGuest(op) : OperationResult.Missing;
        }

        switch (op.Kind)
        {
            case OperationKind.SetAttribute:
                return Answer(_vgic.SetAttribute(op.Vgic, op.Value));
            case OperationKind.GetAttribute:
                AttributeReading reading = _vgic.GetAttribute(op.Vgic);
                return reading.Error == KvmErrno.None ? OperationResult.Of(reading.Value) : Answer(reading.Error);
            case OperationKind.HasAttribute:
                return Answer(_vgic.HasAttribute(op.Vgic));
            case OperationKind.Migrate:
                return Migrate();
            default:
                return Answer(_vgic.IrqLine(op.Line.Encode(), op.Index != 0));
        }
    }

    private static OperationResult Answer(KvmErrno error) =>
        error == KvmErrno.None ? OperationResult.Done : OperationResult.Error(-(int)error);

    private OperationResult ExecuteGuest(Operation op)
    {
        switch (op.Kind)
        {
            case OperationKind.Read:
                return OperationResult.Of(Gic.ReadRegister(op.FrameOwner, op.Frame, op.Where, op.Width).Value);
            case OperationKind.Write:
                // What an access that fails does to the guest is the machine's choice: KVM's ignores it.
                Gic.WriteRegister(op.FrameOwner, op.Frame, op.Where, op.Width, op.Value);
                return OperationResult.Done;
            case OperationKind.ReadSystem:
                return op.System == SystemRegisters.Isr ? OperationResult.Of(Isr(op.Vcpu)) : ReadSystem(op.Vcpu, op.System);
            case OperationKind.WriteSystem:
                return WriteSystem(op.Vcpu, op.System, op.Value);
            case OperationKind.Acknowledge:
                return OperationResult.Of(_slots[op.Vcpu, op.Index] = Acknowledge(op.Vcpu, op.Alternate));
            case OperationKind.EndOfInterrupt:
                EndOfInterrupt(op.Vcpu, _slots[op.Vcpu, op.Index], op.Alternate);
                return OperationResult.Done;
            case OperationKind.Deactivate:
                Deactivate(op.Vcpu, _slots[op.Vcpu, op.Index]);
                return OperationResult.Done;
            default:
                return Take(op);
        }
    }

    private ulong Isr(int cpu)
    {
        CpuSignals signals = Gic.Signalled(cpu);
        return ((signals & CpuSignals.Irq) != 0 ? IsrIrq : 0) | ((signals & CpuSignals.Fiq) != 0 ? IsrFiq : 0);
    }

    private OperationResult Take(Operation op)
    {
        Span<uint> taken = stackalloc uint[Operation.TakeLimit];
        int count = 0;
        while (count < op.Index && Gic.Signalled(op.Vcpu) is var signals && signals != CpuSignals.None)
        {
            // An FIQ is taken before an IRQ that is pending with it.
            CpuSignals signal = (signals & CpuSignals.Fiq) != 0 ? CpuSignals.Fiq : CpuSignals.Irq;
            bool alternate = HandlerUsesAlternate(signal);
            uint value = Acknowledge(op.Vcpu, alternate);
            taken[count++] = value;
            EndOfInterrupt(op.Vcpu, value, alternate);
            if (op.Alternate)
            {
                Deactivate(op.Vcpu, value);
            }
        }

        return OperationResult.Interrupts(taken[..count]);
    }
}
