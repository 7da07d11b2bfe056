namespace Orrery.Interrupts.Timers;

/// <summary>The timers of a vCPU, numbered as in KVM's vCPU attribute group 1 (KVM_ARM_VCPU_TIMER_CTRL).</summary>
public enum TimerKind : byte
{
    /// <summary>The EL1 virtual timer.</summary>
    Virtual = 0,

    /// <summary>The EL1 physical timer.</summary>
    Physical = 1,

    /// <summary>The EL2 virtual timer.</summary>
    HypervisorVirtual = 2,

    /// <summary>The EL2 physical timer.</summary>
    HypervisorPhysical = 3,
}

/// <summary>The usual interrupts of timers.</summary>
public static class TimerKindExtensions
{
    /// <summary>The PPI, as an INTID (Arm Base System Architecture, and KVM's default).</summary>
    public static uint DefaultPpi(this TimerKind kind) => kind switch
    {
        TimerKind.Virtual => 27,
        TimerKind.Physical => 30,
        TimerKind.HypervisorVirtual => 28,
        _ => 26,
    };
}
