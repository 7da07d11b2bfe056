using Orrery.Interrupts.Gic;

namespace Orrery.Interrupts.Timers;

/// <summary>The two EL1 timers of one vCPU as its guest reaches them, over the counters of its VM.</summary>
/// <param name="counter">The counters, shared with the other vCPUs of the VM.</param>
/// <param name="rate">The frequency.</param>
/// <param name="deviations">Mistakes to make.</param>
public sealed class VcpuTimers(VmCounter counter, CounterRate rate, TimerDeviations deviations = TimerDeviations.None)
{
    private readonly GenericTimer[] _timers = new GenericTimer[2];

    /// <summary>The counters.</summary>
    public VmCounter Counter { get; } = counter;

    /// <summary>The frequency.</summary>
    public CounterRate Rate { get; } = rate;

    /// <summary>The state of a timer.</summary>
    public GenericTimer this[TimerKind kind]
    {
        get => _timers[(int)kind];
        set => _timers[(int)kind] = value;
    }

    /// <summary>What the counter that a timer compares with shows at a physical count.</summary>
    public ulong CountOf(TimerKind kind, ulong physicalCount) =>
        kind == TimerKind.Virtual ? Counter.VirtualCount(physicalCount) : Counter.PhysicalCount(physicalCount);

    /// <summary>The output line of a timer.</summary>
    public bool Output(TimerKind kind, ulong physicalCount) => this[kind].Output(CountOf(kind, physicalCount), deviations);

    /// <summary>How many counts from now the output of a timer changes; null if never.</summary>
    public ulong? CountsToChange(TimerKind kind, ulong physicalCount) => this[kind].CountsToChange(CountOf(kind, physicalCount));

    /// <summary>A guest's read (MRS) of a counter or timer register.</summary>
    /// <param name="register">The register.</param>
    /// <param name="physicalCount">The physical counter now.</param>
    public RegisterResult ReadRegister(TimerRegister register, ulong physicalCount)
    {
        switch (register)
        {
            case TimerRegister.Frequency:
                return RegisterResult.Of(Rate.Hertz);
            case TimerRegister.PhysicalCount:
                return RegisterResult.Of(Counter.PhysicalCount(physicalCount));
            case TimerRegister.VirtualCount:
                return RegisterResult.Of(Counter.VirtualCount(physicalCount));
        }

        if (!TryFindTimer(register, out TimerKind kind))
        {
            return Fail(RegisterErrorKind.Undefined, register);
        }

        ulong count = CountOf(kind, physicalCount);
        return RegisterResult.Of(FieldOf(register) switch
        {
            TimerField.Value => this[kind].ReadTimerValue(count),
            TimerField.Control => (ulong)this[kind].ReadControl(count, deviations),
            _ => this[kind].CompareValue,
        });
    }

    /// <summary>A guest's write (MSR) of a timer register; the counters and the frequency are read-only at EL1.</summary>
    /// <param name="register">The register.</param>
    /// <param name="value">The value.</param>
    /// <param name="physicalCount">The physical counter now.</param>
    public RegisterResult WriteRegister(TimerRegister register, ulong value, ulong physicalCount)
    {
        if (register is TimerRegister.Frequency or TimerRegister.PhysicalCount or TimerRegister.VirtualCount)
        {
            return Fail(RegisterErrorKind.ReadOnly, register);
        }

        if (!TryFindTimer(register, out TimerKind kind))
        {
            return Fail(RegisterErrorKind.Undefined, register);
        }

        this[kind] = FieldOf(register) switch
        {
            TimerField.Value => this[kind].WithTimerValue(CountOf(kind, physicalCount), value, deviations),
            TimerField.Control => this[kind].WithControl(value),
            _ => this[kind].WithCompareValue(value),
        };
        return RegisterResult.Done;
    }

    private enum TimerField
    {
        Value,
        Control,
        Compare,
    }

    /// <summary>The low bits of the encoding: op2.</summary>
    private static TimerField FieldOf(TimerRegister register) => (TimerField)((int)register & 7);

    private static bool TryFindTimer(TimerRegister register, out TimerKind kind)
    {
        kind = register >= TimerRegister.VirtualTimerValue ? TimerKind.Virtual : TimerKind.Physical;
        return register is (>= TimerRegister.PhysicalTimerValue and <= TimerRegister.PhysicalCompareValue)
            or (>= TimerRegister.VirtualTimerValue and <= TimerRegister.VirtualCompareValue);
    }

    private static RegisterResult Fail(RegisterErrorKind kind, TimerRegister register) =>
        new RegisterAccess(0, GicFrame.SystemRegisters, (uint)register, 8).Fail(kind);
}
