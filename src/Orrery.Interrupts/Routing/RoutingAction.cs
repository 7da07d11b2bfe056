namespace Orrery.Interrupts.Routing;

/// <summary>What can happen in a <see cref="RoutingModel{TProtocol, TState}"/>, to one vCPU.</summary>
public enum RoutingAction
{
    // The guest.

    /// <summary>Takes the IRQ exception.</summary>
    TakeIrq,

    /// <summary>Executes an instruction that has nothing to do with the timer.</summary>
    Compute,

    /// <summary>Writes a CVAL that is ahead.</summary>
    SetDeadlineAhead,

    /// <summary>Writes TVAL = -1: a deadline that has passed.</summary>
    SetDeadlinePast,

    /// <summary>Sets IMASK.</summary>
    MaskTimer,

    /// <summary>Clears IMASK.</summary>
    UnmaskTimer,

    /// <summary>Sets ENABLE.</summary>
    EnableTimer,

    /// <summary>Clears ENABLE.</summary>
    DisableTimer,

    /// <summary>Writes CNTP_CVAL: ahead.</summary>
    LowerPhysicalTimer,

    /// <summary>Sets PSTATE.I.</summary>
    MaskIrqs,

    /// <summary>Clears PSTATE.I.</summary>
    UnmaskIrqs,

    /// <summary>Executes WFI.</summary>
    Wait,

    /// <summary>Reads IAR.</summary>
    ReadIar,

    /// <summary>Writes EOIR.</summary>
    WriteEoir,

    /// <summary>Writes DIR.</summary>
    WriteDir,

    /// <summary>Enables INTID 27.</summary>
    EnableInterrupt,

    /// <summary>Disables INTID 27.</summary>
    DisableInterrupt,

    /// <summary>Writes ISPENDR.</summary>
    SetPending,

    /// <summary>Writes ICPENDR.</summary>
    ClearPending,

    /// <summary>Switches the distributor on.</summary>
    EnableDistributor,

    /// <summary>Switches the distributor off.</summary>
    DisableDistributor,

    /// <summary>Lowers the priority mask.</summary>
    OpenPriority,

    /// <summary>Raises the priority mask.</summary>
    ClosePriority,

    /// <summary>Writes a register of another device.</summary>
    WriteOtherDevice,

    // The kernel.

    /// <summary>Gets a CPU; sets the gate.</summary>
    Load,

    /// <summary>Puts the timer's registers into the hardware.</summary>
    Restore,

    /// <summary>Takes the timer's physical interrupt.</summary>
    TakeInterrupt,

    /// <summary>Refuses the entry: user space must hear of the line.</summary>
    Refuse,

    /// <summary>Enters the guest.</summary>
    Enter,

    /// <summary>Sees a signal.</summary>
    SeeSignal,

    /// <summary>Publishes the word and returns to user space.</summary>
    Return,

    /// <summary>Completes the return.</summary>
    FinishReturn,

    /// <summary>Wakes a vCPU that waits.</summary>
    Wake,

    /// <summary>Loses the CPU.</summary>
    Preempt,

    // The host.

    /// <summary>Its periodic tick interrupts the guest.</summary>
    Tick,

    /// <summary>The timer's physical interrupt ends the guest's run and is taken.</summary>
    Interrupt,

    /// <summary>An interrupt of a timer that is off arrives and no vCPU runs.</summary>
    LateInterrupt,

    /// <summary>Nothing happens.</summary>
    Idle,

    // Time and devices.

    /// <summary>The deadline is reached.</summary>
    Expire,

    /// <summary>The physical timer's line rises.</summary>
    RaisePhysicalTimer,

    /// <summary>Another device's thread raises its interrupt.</summary>
    RaiseOther,

    // User space.

    /// <summary>Calls KVM_RUN.</summary>
    Run,

    /// <summary>Calls KVM_RUN with immediate_exit set.</summary>
    RunImmediateExit,

    /// <summary>Reads the word.</summary>
    ReadWord,

    /// <summary>Serves the guest's access.</summary>
    ServeAccess,

    /// <summary>Writes the kernel's bit of the word.</summary>
    WriteWord,

    /// <summary>Saves the machine and restores it elsewhere.</summary>
    SaveRestore,

    /// <summary>Saves the machine and restores it with its count set back.</summary>
    SaveRestoreSetBack,

    /// <summary>Saves the controller only.</summary>
    SaveController,

    /// <summary>Saves the rest and restores it elsewhere, with the controller as saved before.</summary>
    RestoreController,
}
