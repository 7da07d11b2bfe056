namespace Orrery.Interrupts.Timers;

/// <summary>CNTV_CTL_EL0, CNTP_CTL_EL0 (DDI 0487 D19.12).</summary>
[Flags]
public enum TimerControl : uint
{
    /// <summary>Off.</summary>
    None = 0,

    /// <summary>[0] ENABLE: the timer compares and may assert its line.</summary>
    Enable = 1,

    /// <summary>[1] IMASK: the line is not asserted; the condition is still shown.</summary>
    Mask = 2,

    /// <summary>[2] ISTATUS, read-only: the condition is met.</summary>
    Status = 4,
}
