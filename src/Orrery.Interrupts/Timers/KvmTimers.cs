using Orrery.Interrupts.Gic;
using Orrery.Interrupts.Gic.Kvm;

namespace Orrery.Interrupts.Timers;

/// <summary>The timers of a VM as KVM shows them to user space: one-reg registers and the PPIs of timers.</summary>
/// <param name="rate">The frequency.</param>
/// <param name="hasGic">Whether the VM has a GIC in the kernel.</param>
public sealed class KvmTimers(CounterRate rate, bool hasGic)
{
    private readonly List<VcpuTimers> _vcpus = [];
    private readonly uint[] _ppis = [.. Enum.GetValues<TimerKind>().Select(kind => kind.DefaultPpi())];
    private bool _hasRun;

    /// <summary>The counters of the VM.</summary>
    public VmCounter Counter { get; } = new();

    /// <summary>The timers of each vCPU.</summary>
    public IReadOnlyList<VcpuTimers> Vcpus => _vcpus;

    /// <summary>KVM_CREATE_VCPU.</summary>
    /// <param name="physicalCount">The physical counter now.</param>
    public VcpuTimers CreateVcpu(ulong physicalCount)
    {
        Counter.VcpuCreated(physicalCount);
        var vcpu = new VcpuTimers(Counter, rate);
        _vcpus.Add(vcpu);
        return vcpu;
    }

    /// <summary>KVM_GET_ONE_REG.</summary>
    public AttributeReading GetRegister(int vcpu, KvmTimerRegister register, ulong physicalCount)
    {
        if ((uint)vcpu >= (uint)_vcpus.Count)
        {
            return AttributeReading.Failed(KvmErrno.Invalid);
        }

        VcpuTimers timers = _vcpus[vcpu];
        ulong Control(TimerKind kind) => (ulong)timers[kind].ReadControlOfSoftware(timers.CountOf(kind, physicalCount));
        return register switch
        {
            KvmTimerRegister.VirtualControl => AttributeReading.Of(Control(TimerKind.Virtual)),
            KvmTimerRegister.VirtualCompareValue => AttributeReading.Of(timers[TimerKind.Virtual].CompareValue),
            KvmTimerRegister.VirtualCount => AttributeReading.Of(Counter.VirtualCount(physicalCount)),
            KvmTimerRegister.PhysicalControl => AttributeReading.Of(Control(TimerKind.Physical)),
            KvmTimerRegister.PhysicalCompareValue => AttributeReading.Of(timers[TimerKind.Physical].CompareValue),
            KvmTimerRegister.PhysicalCount => AttributeReading.Of(Counter.PhysicalCount(physicalCount)),
            _ => AttributeReading.Failed(KvmErrno.NoEntry),
        };
    }

    /// <summary>KVM_SET_ONE_REG. Setting a count changes the offset of the whole VM.</summary>
    public KvmErrno SetRegister(int vcpu, KvmTimerRegister register, ulong value, ulong physicalCount)
    {
        if ((uint)vcpu >= (uint)_vcpus.Count)
        {
            return KvmErrno.Invalid;
        }

        VcpuTimers timers = _vcpus[vcpu];
        switch (register)
        {
            case KvmTimerRegister.VirtualControl:
                timers[TimerKind.Virtual] = timers[TimerKind.Virtual].WithControl(value);
                return KvmErrno.None;
            case KvmTimerRegister.VirtualCompareValue:
                timers[TimerKind.Virtual] = timers[TimerKind.Virtual].WithCompareValue(value);
                return KvmErrno.None;
            case KvmTimerRegister.VirtualCount:
                Counter.SetVirtualCount(physicalCount, value);
                return KvmErrno.None;
            case KvmTimerRegister.PhysicalControl:
                timers[TimerKind.Physical] = timers[TimerKind.Physical].WithControl(value);
                return KvmErrno.None;
            case KvmTimerRegister.PhysicalCompareValue:
                timers[TimerKind.Physical] = timers[TimerKind.Physical].WithCompareValue(value);
                return KvmErrno.None;
            case KvmTimerRegister.PhysicalCount:
                Counter.SetPhysicalCount(physicalCount, value);
                return KvmErrno.None;
            default:
                return KvmErrno.NoEntry;
        }
    }

    /// <summary>What KVM_GET_ONE_REG says of all timer registers of a vCPU at one instant. Throws for a vCPU that does not exist.</summary>
    public TimerRegisters Save(int vcpu, ulong physicalCount)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)vcpu, (uint)_vcpus.Count, nameof(vcpu));
        ulong Get(KvmTimerRegister register) => GetRegister(vcpu, register, physicalCount).Value;
        return new TimerRegisters
        {
            VirtualControl = Get(KvmTimerRegister.VirtualControl),
            VirtualCompareValue = Get(KvmTimerRegister.VirtualCompareValue),
            VirtualCount = Get(KvmTimerRegister.VirtualCount),
            PhysicalControl = Get(KvmTimerRegister.PhysicalControl),
            PhysicalCompareValue = Get(KvmTimerRegister.PhysicalCompareValue),
            PhysicalCount = Get(KvmTimerRegister.PhysicalCount),
        };
    }

    /// <summary>
    /// Restores the timers of a vCPU, counts and compare values before controls, so that no timer fires by old values. Nothing
    /// is written of registers that <see cref="TimerRegisters.Check"/> refuses, or to a vCPU that does not exist: EINVAL.
    /// </summary>
    public KvmErrno Restore(int vcpu, TimerRegisters saved, ulong physicalCount)
    {
        if ((uint)vcpu >= (uint)_vcpus.Count || saved.Check() is not null)
        {
            return KvmErrno.Invalid;
        }

        foreach ((KvmTimerRegister register, ulong value) in (ReadOnlySpan<(KvmTimerRegister, ulong)>)
            [
                (KvmTimerRegister.VirtualCount, saved.VirtualCount), (KvmTimerRegister.PhysicalCount, saved.PhysicalCount),
                (KvmTimerRegister.VirtualCompareValue, saved.VirtualCompareValue),
                (KvmTimerRegister.PhysicalCompareValue, saved.PhysicalCompareValue),
                (KvmTimerRegister.VirtualControl, saved.VirtualControl), (KvmTimerRegister.PhysicalControl, saved.PhysicalControl),
            ])
        {
            SetRegister(vcpu, register, value, physicalCount);
        }

        return KvmErrno.None;
    }

    /// <summary>The PPI of a timer (vCPU attribute, GET).</summary>
    public AttributeReading GetPpi(TimerKind kind) =>
        (int)kind < _ppis.Length ? AttributeReading.Of(_ppis[(int)kind]) : AttributeReading.Failed(KvmErrno.NoSuchAttribute);

    /// <summary>Sets the PPI of a timer for all vCPUs (vCPU attribute, SET): with a GIC in the kernel, before the first run.</summary>
    public KvmErrno SetPpi(TimerKind kind, uint ppi)
    {
        if (!hasGic || ppi is < Intid.SgiCount or >= Intid.PrivateCount)
        {
            return KvmErrno.Invalid;
        }

        if (_hasRun)
        {
            return KvmErrno.Busy;
        }

        if ((int)kind >= _ppis.Length)
        {
            return KvmErrno.NoSuchAttribute;
        }

        _ppis[(int)kind] = ppi;
        return KvmErrno.None;
    }

    /// <summary>The part of a first KVM_RUN that concerns timers: their PPIs must all be different.</summary>
    public KvmErrno PrepareRun()
    {
        if (hasGic && _ppis.Distinct().Count() != _ppis.Length)
        {
            return KvmErrno.Invalid;
        }

        _hasRun = true;
        return KvmErrno.None;
    }
}
