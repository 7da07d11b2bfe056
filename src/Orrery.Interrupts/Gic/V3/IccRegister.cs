namespace Orrery.Interrupts.Gic.V3;

/// <summary>
/// The system registers of a GICv3 CPU interface. The numbers are instruction encodings,
/// <c>op0&lt;&lt;14 | op1&lt;&lt;11 | CRn&lt;&lt;7 | CRm&lt;&lt;3 | op2</c>, as in KVM's CPU_SYSREGS attributes
/// (IHI 0069 12.2, Linux <c>Documentation/virt/kvm/devices/arm-vgic-v3.rst</c>).
/// </summary>
public enum IccRegister : ushort
{
    /// <summary>ICC_PMR_EL1: priority mask.</summary>
    PriorityMask = 0xC230,

    /// <summary>ICC_IAR0_EL1: acknowledge, group 0.</summary>
    Acknowledge0 = 0xC640,

    /// <summary>ICC_EOIR0_EL1: end of interrupt, group 0.</summary>
    EndOfInterrupt0 = 0xC641,

    /// <summary>ICC_HPPIR0_EL1: highest priority pending, group 0.</summary>
    HighestPending0 = 0xC642,

    /// <summary>ICC_BPR0_EL1: binary point, group 0.</summary>
    BinaryPoint0 = 0xC643,

    /// <summary>ICC_AP0R0_EL1: active priorities of group 0; the next three encodings are AP0R1 to AP0R3.</summary>
    ActivePriorities0 = 0xC644,

    /// <summary>ICC_AP1R0_EL1: active priorities of group 1; the next three encodings are AP1R1 to AP1R3.</summary>
    ActivePriorities1 = 0xC648,

    /// <summary>ICC_DIR_EL1: deactivate.</summary>
    Deactivate = 0xC659,

    /// <summary>ICC_RPR_EL1: running priority.</summary>
    RunningPriority = 0xC65B,

    /// <summary>ICC_SGI1R_EL1: generate an SGI of group 1.</summary>
    GenerateSgi1 = 0xC65D,

    /// <summary>ICC_ASGI1R_EL1: generate an SGI of the other security state.</summary>
    GenerateSgi1Alias = 0xC65E,

    /// <summary>ICC_SGI0R_EL1: generate an SGI of group 0.</summary>
    GenerateSgi0 = 0xC65F,

    /// <summary>ICC_IAR1_EL1: acknowledge, group 1.</summary>
    Acknowledge1 = 0xC660,

    /// <summary>ICC_EOIR1_EL1: end of interrupt, group 1.</summary>
    EndOfInterrupt1 = 0xC661,

    /// <summary>ICC_HPPIR1_EL1: highest priority pending, group 1.</summary>
    HighestPending1 = 0xC662,

    /// <summary>ICC_BPR1_EL1: binary point, group 1.</summary>
    BinaryPoint1 = 0xC663,

    /// <summary>ICC_CTLR_EL1: control.</summary>
    Control = 0xC664,

    /// <summary>ICC_SRE_EL1: system register enable, all ones here.</summary>
    SystemRegisterEnable = 0xC665,

    /// <summary>ICC_IGRPEN0_EL1: enable of group 0.</summary>
    GroupEnable0 = 0xC666,

    /// <summary>ICC_IGRPEN1_EL1: enable of group 1.</summary>
    GroupEnable1 = 0xC667,
}
