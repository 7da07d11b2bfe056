namespace Orrery.Interrupts.Routing;

/// <summary>
/// The rules that a correct implementation of timer routing keeps. A mutant of the model breaks one of them; each was
/// broken in a real implementation, or plausibly could be.
/// </summary>
public enum Rule
{
    /// <summary>No rule: nothing is broken.</summary>
    None,

    /// <summary>User space reads the word after every return, EINTR included (window W11).</summary>
    ReadWordAfterEveryReturn,

    /// <summary>A line that is high is gated when the guest is entered (Linux cff9211eb1a1).</summary>
    GateHighLine,

    /// <summary>The gate is opened again: at load if the line is low, and when a fall is seen (window W17).</summary>
    OpenGate,

    /// <summary>The gate is the interrupt's active bit, which a host can switch with the vCPU; not its enable bit (Linux d60d8b64280c).</summary>
    GateByActiveBit,

    /// <summary>The host's handler asks the timer whether it fired; it neither trusts the interrupt nor takes the registers from it (Linux 36e5cfd410ad).</summary>
    RereadTimer,

    /// <summary>The output is ENABLE and ISTATUS and not IMASK; not ISTATUS alone.</summary>
    OutputRespectsMask,

    /// <summary>The input of the emulated controller falls because the line fell; not because the guest wrote EOIR.</summary>
    InputFollowsLine,

    /// <summary>The emulated controller does not signal an interrupt that is active (IHI 0048, 3.2.4).</summary>
    HoldWhileActive,

    /// <summary>Controller and timer are saved at one instant (Linux 1a74847885cc).</summary>
    SaveAtomically,

    /// <summary>The timer's interrupt is injected as a level; not as an edge when it fires (before Linux 4b4b4512da2a).</summary>
    InjectLevel,

    /// <summary>The gate stays closed while a list register holds the interrupt with its hardware bit (Linux 0e3dfda91d9f).</summary>
    KeepGateWhileInListRegister,

    /// <summary>The line is sampled after an exit before the word is published.</summary>
    SyncBeforePublish,

    /// <summary>User space reads the word before it serves the access that caused the exit (window W6).</summary>
    ReadWordBeforeAccess,

    /// <summary>After a restore the controller's input is set from the restored timer; not from the snapshot (window W14).</summary>
    RecomputeInputAtRestore,

    /// <summary>User space writes nothing into the kernel's bit of the word but the level of its controller's input.</summary>
    PresetWordToInput,

    /// <summary>CVAL is put into the hardware before CTL.</summary>
    CvalBeforeCtl,

    /// <summary>TVAL is a signed offset.</summary>
    TvalIsSigned,

    /// <summary>CVAL and CNT are saved under the register numbers that the kernel gave them, which are swapped.</summary>
    SwappedRegisterIds,

    /// <summary>The guest's registers are the guest's; the host does not silence the timer by setting IMASK.</summary>
    LeaveGuestMaskAlone,

    /// <summary>The line is compared with the word before each entry (window W1).</summary>
    CheckBeforeEntry,

    /// <summary>A vCPU that waits for an interrupt is woken by its timer (window W19).</summary>
    WakeByTimer,

    /// <summary>Bits that the capability's version does not announce stay 0.</summary>
    PublishOnlyAnnounced,

    /// <summary>Apple: the timer is unmasked only when its output has fallen; not at every access.</summary>
    UnmaskOnlyWhenLow,
}
