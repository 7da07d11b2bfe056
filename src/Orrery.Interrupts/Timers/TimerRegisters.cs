namespace Orrery.Interrupts.Timers;

/// <summary>
/// The saved timers of a vCPU: both timers' registers and counts, as KVM's one-reg interface gives them. A plain value, not
/// trusted; <see cref="Check"/> says what is wrong with it.
/// </summary>
public readonly record struct TimerRegisters
{
    private const ulong KnownControl = (ulong)(TimerControl.Enable | TimerControl.Mask | TimerControl.Status);

    /// <summary>CNTV_CTL: ENABLE, IMASK, and ISTATUS as it was.</summary>
    public ulong VirtualControl { get; init; }

    /// <summary>CNTV_CVAL.</summary>
    public ulong VirtualCompareValue { get; init; }

    /// <summary>CNTVCT, which is that of the whole VM.</summary>
    public ulong VirtualCount { get; init; }

    /// <summary>CNTP_CTL, as <see cref="VirtualControl"/>.</summary>
    public ulong PhysicalControl { get; init; }

    /// <summary>CNTP_CVAL.</summary>
    public ulong PhysicalCompareValue { get; init; }

    /// <summary>CNTPCT, as the guest sees it.</summary>
    public ulong PhysicalCount { get; init; }

    /// <summary>The output of the virtual timer by these registers.</summary>
    public bool VirtualOutput =>
        new GenericTimer((TimerControl)VirtualControl, VirtualCompareValue).Output(VirtualCount);

    /// <summary>
    /// Whether ISTATUS of the virtual timer contradicts CVAL and count, and would not if the two were exchanged, as their
    /// identifiers suggest.
    /// </summary>
    public bool LooksSwapped
    {
        get
        {
            bool status = (VirtualControl & (ulong)TimerControl.Status) != 0;
            return (VirtualControl & (ulong)TimerControl.Enable) != 0
                && status != (VirtualCount >= VirtualCompareValue) && status == (VirtualCompareValue >= VirtualCount);
        }
    }

    /// <summary>The register that holds what it cannot, and why; null if there is none.</summary>
    public (string Register, string Problem)? Check()
    {
        foreach ((string name, ulong control) in (ReadOnlySpan<(string, ulong)>)[("cntv_ctl", VirtualControl), ("cntp_ctl", PhysicalControl)])
        {
            if ((control & ~KnownControl) != 0)
            {
                return (name, $"0x{control:X} has bits beside ENABLE, IMASK and ISTATUS");
            }
        }

        return null;
    }
}
