namespace Orrery.Interrupts.Timers;

/// <summary>
/// The one-reg identifiers of KVM's timer registers (Linux <c>arch/arm64/include/uapi/asm/kvm.h</c>). By an accident that
/// became ABI, the identifiers of the virtual timer's CVAL and CNT carry each other's encodings.
/// </summary>
public enum KvmTimerRegister : ulong
{
    /// <summary>KVM_REG_ARM_TIMER_CTL: the encoding of CNTV_CTL_EL0.</summary>
    VirtualControl = KvmTimerRegisters.Prefix | TimerRegister.VirtualControl,

    /// <summary>KVM_REG_ARM_TIMER_CVAL: the encoding of CNTVCT_EL0, the counter.</summary>
    VirtualCompareValue = KvmTimerRegisters.Prefix | TimerRegister.VirtualCount,

    /// <summary>KVM_REG_ARM_TIMER_CNT: the encoding of CNTV_CVAL_EL0, the compare value.</summary>
    VirtualCount = KvmTimerRegisters.Prefix | TimerRegister.VirtualCompareValue,

    /// <summary>KVM_REG_ARM_PTIMER_CTL.</summary>
    PhysicalControl = KvmTimerRegisters.Prefix | TimerRegister.PhysicalControl,

    /// <summary>KVM_REG_ARM_PTIMER_CVAL.</summary>
    PhysicalCompareValue = KvmTimerRegisters.Prefix | TimerRegister.PhysicalCompareValue,

    /// <summary>KVM_REG_ARM_PTIMER_CNT.</summary>
    PhysicalCount = KvmTimerRegisters.Prefix | TimerRegister.PhysicalCount,
}

/// <summary>What the identifiers have in common.</summary>
internal static class KvmTimerRegisters
{
    /// <summary>KVM_REG_ARM64, KVM_REG_SIZE_U64, KVM_REG_ARM64_SYSREG.</summary>
    public const ulong Prefix = 0x6030_0000_0013_0000;
}
