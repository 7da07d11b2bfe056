namespace Orrery.Interrupts.Timers.Switching;

/// <summary>How a hypervisor keeps a guest's asserted timer from interrupting it all the time.</summary>
public enum SwitchDesign : byte
{
    /// <summary>
    /// The physical interrupt stays active until the guest deactivates its virtual copy; the active bit is switched with
    /// the vCPU. The guest's registers are its own.
    /// </summary>
    ActiveBit,

    /// <summary>
    /// The original scheme of KVM: the hypervisor sets IMASK in the guest's control register and expects the guest to
    /// clear it when it reprograms the timer.
    /// </summary>
    MaskByHypervisor,
}

/// <summary>Mistakes in the switch; each has happened or nearly so. The checkers must kill every one.</summary>
[Flags]
public enum SwitchMutants
{
    /// <summary>The rules as they are.</summary>
    None = 0,

    /// <summary>F1: at entry the physical active bit is set only if a list register holds the interrupt (before cff9211eb1a1):
    /// with the PPI disabled in the virtual GIC the physical one fires again and again.</summary>
    GateOnlyWithRegister = 1 << 0,

    /// <summary>F2: a load sets the active bit but never clears what the previous vCPU left.</summary>
    LoadNeverClears = 1 << 1,

    /// <summary>F3: at an exit the active bit is cleared when the line is low, though the list register is still active (before 0e3dfda91d9f).</summary>
    ClearWhileRegisterActive = 1 << 2,

    /// <summary>F4: the active bit is not written when the last value written was the same, though the guest may have cleared it since.</summary>
    CachedActive = 1 << 3,

    /// <summary>F5: the enable bit of the physical PPI is the gate, and a load leaves it as it is (before d60d8b64280c).</summary>
    EnableBitGate = 1 << 4,

    /// <summary>F6: the write of the active bit is not completed before the guest is entered.</summary>
    LateSetActive = 1 << 5,

    /// <summary>F7: the handler trusts the interrupt and does not look at the timer again (before 36e5cfd410ad).</summary>
    TrustInterrupt = 1 << 6,

    /// <summary>F8: a destroyed vCPU leaves the physical interrupt active.</summary>
    DestroyLeavesActive = 1 << 7,

    /// <summary>What became pending stays so though the line has fallen: edge-style injection (before 4b4b4512da2a).</summary>
    EdgeStyle = 1 << 8,

    /// <summary>SW2: a load writes CTL before CVAL, so that the timer may fire for the previous vCPU's compare value.</summary>
    ControlBeforeCompare = 1 << 9,

    /// <summary>SW7: enabling the PPI in the virtual GIC does not look at the timer again.</summary>
    EnableWithoutResample = 1 << 10,

    /// <summary>The virtual active bit is not looked at when a vCPU is loaded.</summary>
    LoadIgnoresVirtualActive = 1 << 11,
}

/// <summary>Membership of a mutant.</summary>
public static class SwitchMutantsExtensions
{
    /// <summary>Whether any of <paramref name="which"/> is in <paramref name="set"/>.</summary>
    public static bool Has(this SwitchMutants set, SwitchMutants which) => (set & which) != 0;
}
