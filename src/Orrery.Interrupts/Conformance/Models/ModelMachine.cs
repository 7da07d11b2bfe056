using Orrery.Interrupts.Conformance.A64;
using Orrery.Interrupts.Conformance.Programs;
using Orrery.Interrupts.Gic;

namespace Orrery.Interrupts.Conformance.Models;

/// <summary>
/// Executes conformance programs on a model of the interrupt controller: what a guest of real KVM does with the code of
/// <see cref="Guests.GuestCode"/>, done here on the model. The two GICs differ in how their CPU interface is reached.
/// </summary>
internal abstract class ModelMachine
{
    private const uint IsrIrq = 1 << 7, IsrFiq = 1 << 6;
    private const int InvalidArgument = 22;
    private readonly GicController _gic;
    private readonly uint[,] _slots;

    private protected ModelMachine(GicController gic)
    {
        _gic = gic;
        _slots = new uint[gic.CpuCount, Operation.SlotCount];
    }

    /// <summary>Runs a program from reset on a model with the given deviations.</summary>
    public static OperationResult[] Run(ConformanceProgram program, GicDeviations deviations)
    {
        ModelMachine machine = Create(program.Shape, deviations);
        var results = new OperationResult[program.Operations.Length];
        for (int i = 0; i < results.Length; i++)
        {
            results[i] = machine.Execute(program.Operations[i]);
        }

        return results;
    }

    /// <summary>A machine after reset.</summary>
    public static ModelMachine Create(MachineShape shape, GicDeviations deviations) => shape.Gic switch
    {
        Live.GicVersion.V2 => new GicV2Machine(shape, deviations),
        _ => new GicV3Machine(shape, deviations),
    };

    /// <summary>Executes one operation.</summary>
    public OperationResult Execute(Operation op) => op.Kind switch
    {
        OperationKind.Read => OperationResult.Of(Access(op).Value),
        OperationKind.Write => WriteRegister(op),
        OperationKind.ReadSystem when op.System == SystemRegisters.Isr => OperationResult.Of(Isr(op.Vcpu)),
        OperationKind.ReadSystem => ReadSystem(op.Vcpu, op.System),
        OperationKind.WriteSystem => WriteSystem(op.Vcpu, op.System, op.Value),
        OperationKind.Acknowledge => OperationResult.Of(_slots[op.Vcpu, op.Index] = Acknowledge(op.Vcpu, op.Alternate)),
        OperationKind.EndOfInterrupt => End(op),
        OperationKind.Deactivate => DeactivateSlot(op),
        OperationKind.TakeInterrupts => Take(op),
        OperationKind.SetLine => SetLine(op),
        _ => throw new NotSupportedException($"{op.Kind}"),
    };

    private protected abstract RegisterResult Access(Operation op);

    private protected abstract OperationResult ReadSystem(int cpu, SystemRegister register);

    private protected abstract OperationResult WriteSystem(int cpu, SystemRegister register, ulong value);

    private protected abstract uint Acknowledge(int cpu, bool alternate);

    private protected abstract void EndOfInterrupt(int cpu, uint value, bool alternate);

    private protected abstract void Deactivate(int cpu, uint value);

    /// <summary>Whether the handler of this signal uses the alternate registers (GICv3: group 0 for FIQ).</summary>
    private protected abstract bool HandlerUsesAlternate(CpuSignals signal);

    private OperationResult WriteRegister(Operation op)
    {
        // What an access that failed does to the guest is the machine's choice: KVM's ignores it.
        Access(op);
        return OperationResult.Done;
    }

    private ulong Isr(int cpu)
    {
        CpuSignals signals = _gic.Signalled(cpu);
        return ((signals & CpuSignals.Irq) != 0 ? IsrIrq : 0) | ((signals & CpuSignals.Fiq) != 0 ? IsrFiq : 0);
    }

    private OperationResult End(Operation op)
    {
        EndOfInterrupt(op.Vcpu, _slots[op.Vcpu, op.Index], op.Alternate);
        return OperationResult.Done;
    }

    private OperationResult DeactivateSlot(Operation op)
    {
        Deactivate(op.Vcpu, _slots[op.Vcpu, op.Index]);
        return OperationResult.Done;
    }

    private OperationResult Take(Operation op)
    {
        var taken = new List<uint>();
        while (taken.Count < op.Index && _gic.Signalled(op.Vcpu) is var signals && signals != CpuSignals.None)
        {
            // An FIQ is taken before an IRQ that is pending with it.
            CpuSignals signal = (signals & CpuSignals.Fiq) != 0 ? CpuSignals.Fiq : CpuSignals.Irq;
            bool alternate = HandlerUsesAlternate(signal);
            uint value = Acknowledge(op.Vcpu, alternate);
            taken.Add(value);
            EndOfInterrupt(op.Vcpu, value, alternate);
            if (op.Alternate)
            {
                Deactivate(op.Vcpu, value);
            }
        }

        return OperationResult.Interrupts([.. taken]);
    }

    private OperationResult SetLine(Operation op) =>
        _gic.SetLine(op.Where, op.Vcpu, op.Index != 0) == LineError.None
            ? OperationResult.Done
            : OperationResult.Error(InvalidArgument);
}
