namespace Orrery.Interrupts.Routing;

/// <summary>What a step means to liveness and fairness; one set of these for each vCPU.</summary>
[Flags]
internal enum RoutingLabels : uint
{
    None = 0,

    /// <summary>The vCPU's thread goes on.</summary>
    Moves = 1 << 0,

    /// <summary>The guest executes an instruction.</summary>
    Executes = 1 << 1,

    /// <summary>The guest acknowledges INTID 27.</summary>
    Acknowledges = 1 << 2,

    /// <summary>A line that the word tells of changes.</summary>
    LineChanges = 1 << 3,

    /// <summary>The kernel forces an exit.</summary>
    ForcesExit = 1 << 4,

    /// <summary>User space writes the kernel's bit of the word.</summary>
    WritesWord = 1 << 5,

    /// <summary>The count moves: time passes, or user space sets it.</summary>
    MovesCount = 1 << 6,

    /// <summary>The host interrupts the guest.</summary>
    InterruptsGuest = 1 << 7,

    /// <summary>The vCPU gets a CPU.</summary>
    Loads = 1 << 8,

    /// <summary>The vCPU loses its CPU while another waits for one.</summary>
    Yields = 1 << 9,

    /// <summary>User space calls KVM_RUN to let the guest run.</summary>
    Runs = 1 << 10,

    /// <summary>The pre-entry check is made, whatever comes of it.</summary>
    Checks = 1 << 11,

    /// <summary>A vCPU that waits is woken by its interrupt or its timer.</summary>
    Wakes = 1 << 12,

    /// <summary>A signal brings the vCPU back to user space.</summary>
    Signals = 1 << 13,

    /// <summary>The kernel returns to user space.</summary>
    Returns = 1 << 14,
}

/// <summary>What holds in a state, as the liveness properties refer to it; one set of these for each vCPU.</summary>
[Flags]
internal enum RoutingPropositions : uint
{
    None = 0,

    /// <summary>L1: the line is high, the interrupt is not active, nothing in the guest or its controller masks it.</summary>
    MustBeTaken = 1 << 0,

    /// <summary>L6: so, and the guest has deactivated it while the line was high.</summary>
    MustBeTakenAgain = 1 << 1,

    /// <summary>L2: the line is low and the controller's input is high.</summary>
    InputIsStale = 1 << 2,

    /// <summary>L4: the guest does not wait for an interrupt.</summary>
    WantsToExecute = 1 << 3,

    /// <summary>L5: the guest waits for an interrupt, and its timer has fired and user space does not know.</summary>
    MustWake = 1 << 4,

    /// <summary>L5: nothing is signalled to the CPU.</summary>
    NothingSignalled = 1 << 5,
}
