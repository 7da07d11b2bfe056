namespace Orrery.Interrupts.Gic.Virtual;

/// <summary>The hypervisor's system registers of a GICv3 virtual CPU interface, by encoding (IHI 0069 12.4).</summary>
public enum IchRegister : ushort
{
    /// <summary>ICH_AP0R0_EL2; the next three encodings are AP0R1 to AP0R3.</summary>
    ActivePriorities0 = 0xE640,

    /// <summary>ICH_AP1R0_EL2; the next three encodings are AP1R1 to AP1R3.</summary>
    ActivePriorities1 = 0xE648,

    /// <summary>ICH_HCR_EL2: enable, maintenance enables, EOIcount.</summary>
    Control = 0xE658,

    /// <summary>ICH_VTR_EL2: how many list registers and bits there are.</summary>
    Type = 0xE659,

    /// <summary>ICH_MISR_EL2: why there is a maintenance interrupt.</summary>
    MaintenanceStatus = 0xE65A,

    /// <summary>ICH_EISR_EL2: list registers whose interrupt was ended and asks for maintenance.</summary>
    EndOfInterruptStatus = 0xE65B,

    /// <summary>ICH_ELRSR_EL2: list registers that are empty.</summary>
    EmptyStatus = 0xE65D,

    /// <summary>ICH_VMCR_EL2: the guest's CPU interface.</summary>
    MachineControl = 0xE65F,

    /// <summary>ICH_LR0_EL2; the next fifteen encodings are LR1 to LR15.</summary>
    List = 0xE660,
}
