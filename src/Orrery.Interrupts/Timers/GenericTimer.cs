namespace Orrery.Interrupts.Timers;

/// <summary>
/// One timer of the Arm generic timer (DDI 0487 D12.2): a control register and a compare value against a counter that it
/// is shown. A plain value without a clock.
/// </summary>
/// <param name="Control">ENABLE and IMASK; never ISTATUS, which is derived.</param>
/// <param name="CompareValue">CVAL.</param>
public readonly record struct GenericTimer(TimerControl Control, ulong CompareValue)
{
    private const TimerControl Writable = TimerControl.Enable | TimerControl.Mask;

    /// <summary>Whether ENABLE is set.</summary>
    public bool IsEnabled => (Control & TimerControl.Enable) != 0;

    /// <summary>Whether IMASK is set.</summary>
    public bool IsMasked => (Control & TimerControl.Mask) != 0;

    /// <summary>The timer condition, whatever the control register says: the counter has reached CVAL, as unsigned numbers.</summary>
    public bool IsMet(ulong count, TimerDeviations deviations = TimerDeviations.None)
    {
        if (deviations.Has(TimerDeviations.SignedCompare))
        {
            return (long)count >= (long)CompareValue;
        }

        return deviations.Has(TimerDeviations.FiresLate) ? count > CompareValue : count >= CompareValue;
    }

    /// <summary>
    /// The output line: ENABLE, condition, not IMASK. It is a level: it falls when CVAL moves ahead, IMASK is set, ENABLE
    /// is cleared or the counter moves back.
    /// </summary>
    public bool Output(ulong count, TimerDeviations deviations = TimerDeviations.None) =>
        IsEnabled && IsMet(count, deviations) && (!IsMasked || deviations.Has(TimerDeviations.OutputIgnoresMask));

    /// <summary>
    /// What a guest reads of CTL. ISTATUS shows the condition whatever IMASK says; with ENABLE clear it is UNKNOWN by the
    /// architecture, and 0 here.
    /// </summary>
    public TimerControl ReadControl(ulong count, TimerDeviations deviations = TimerDeviations.None)
    {
        bool shown = IsEnabled && IsMet(count, deviations)
            && !(IsMasked && deviations.Has(TimerDeviations.StatusHiddenByMask));
        return Control | (shown ? TimerControl.Status : 0);
    }

    /// <summary>
    /// What KVM shows of CTL to user space, and of an emulated timer to its guest: the bare condition, also with ENABLE
    /// clear.
    /// </summary>
    public TimerControl ReadControlOfSoftware(ulong count) => Control | (IsMet(count) ? TimerControl.Status : 0);

    /// <summary>A write of CTL: ISTATUS is read-only.</summary>
    public GenericTimer WithControl(ulong value) => this with { Control = (TimerControl)value & Writable };

    /// <summary>A write of CVAL.</summary>
    public GenericTimer WithCompareValue(ulong value) => this with { CompareValue = value };

    /// <summary>What TVAL reads: the low half of CVAL - counter; it counts on below zero.</summary>
    public uint ReadTimerValue(ulong count) => (uint)(CompareValue - count);

    /// <summary>A write of TVAL: CVAL := counter + the low half of the value, sign-extended.</summary>
    public GenericTimer WithTimerValue(ulong count, ulong value, TimerDeviations deviations = TimerDeviations.None) => this with
    {
        CompareValue = unchecked(count + (deviations.Has(TimerDeviations.TimerValueUnsigned) ? (uint)value : (ulong)(int)value)),
    };

    /// <summary>
    /// How many counts from now the output changes if nobody touches the timer: it rises when the counter reaches CVAL,
    /// and falls when the counter wraps to 0. Null if never.
    /// </summary>
    public ulong? CountsToChange(ulong count)
    {
        if (!IsEnabled || IsMasked)
        {
            return null;
        }

        if (!IsMet(count))
        {
            return CompareValue - count;
        }

        return CompareValue == 0 ? null : unchecked(0 - count);
    }
}
