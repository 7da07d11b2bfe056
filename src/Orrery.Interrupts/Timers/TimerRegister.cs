namespace Orrery.Interrupts.Timers;

/// <summary>
/// The system registers of counters and timers that a guest at EL1 uses; the numbers are instruction encodings,
/// <c>op0&lt;&lt;14 | op1&lt;&lt;11 | CRn&lt;&lt;7 | CRm&lt;&lt;3 | op2</c>.
/// </summary>
public enum TimerRegister : ushort
{
    /// <summary>CNTFRQ_EL0.</summary>
    Frequency = 0xDF00,

    /// <summary>CNTPCT_EL0.</summary>
    PhysicalCount = 0xDF01,

    /// <summary>CNTVCT_EL0.</summary>
    VirtualCount = 0xDF02,

    /// <summary>CNTP_TVAL_EL0.</summary>
    PhysicalTimerValue = 0xDF10,

    /// <summary>CNTP_CTL_EL0.</summary>
    PhysicalControl = 0xDF11,

    /// <summary>CNTP_CVAL_EL0.</summary>
    PhysicalCompareValue = 0xDF12,

    /// <summary>CNTV_TVAL_EL0.</summary>
    VirtualTimerValue = 0xDF18,

    /// <summary>CNTV_CTL_EL0.</summary>
    VirtualControl = 0xDF19,

    /// <summary>CNTV_CVAL_EL0.</summary>
    VirtualCompareValue = 0xDF1A,
}
