namespace Orrery.Interrupts.Routing;

/// <summary>What guests, host and user space may do in a model, beyond arming the timer and serving its interrupt.</summary>
[Flags]
public enum Repertoire
{
    /// <summary>The guest arms the timer, takes its interrupt, and moves CVAL ahead or behind.</summary>
    None = 0,

    /// <summary>The guest sets and clears IMASK.</summary>
    TimerMask = 1 << 0,

    /// <summary>The guest sets and clears ENABLE.</summary>
    TimerEnable = 1 << 1,

    /// <summary>The guest sets and clears PSTATE.I outside its handlers.</summary>
    IrqMask = 1 << 2,

    /// <summary>The guest waits for interrupts (WFI).</summary>
    Wait = 1 << 3,

    /// <summary>The guest enables and disables INTID 27.</summary>
    EnableInterrupt = 1 << 4,

    /// <summary>The guest writes ISPENDR and ICPENDR for INTID 27.</summary>
    SoftwarePending = 1 << 5,

    /// <summary>The guest switches the distributor off and on.</summary>
    Distributor = 1 << 6,

    /// <summary>The guest raises and lowers the priority mask.</summary>
    Priority = 1 << 7,

    /// <summary>The guest writes a register of some other device.</summary>
    OtherAccess = 1 << 8,

    /// <summary>Another thread raises another, more urgent interrupt.</summary>
    OtherInterrupt = 1 << 9,

    /// <summary>Signals arrive, and KVM_RUN is called with <c>immediate_exit</c>.</summary>
    Signals = 1 << 10,

    /// <summary>The host takes the CPU away from a vCPU, also when nobody else wants it.</summary>
    Preemption = 1 << 11,

    /// <summary>User space saves the machine and restores it elsewhere.</summary>
    SaveRestore = 1 << 12,

    /// <summary>User space writes the kernel's bit of the word.</summary>
    WordWrites = 1 << 13,

    /// <summary>The physical timer's line rises and falls, as a second device of the word.</summary>
    PhysicalTimer = 1 << 14,

    /// <summary>What one vCPU is explored with: everything but the physical timer.</summary>
    All = PhysicalTimer - 1,

    /// <summary>What two machines on one CPU are explored with.</summary>
    SharedCpu = TimerMask | TimerEnable | Wait | EnableInterrupt | Signals | Preemption,

    /// <summary>What two vCPUs on two CPUs are explored with: they meet in the distributor, and as they move.</summary>
    TwoCpus = Wait | Distributor | Signals,
}

/// <summary>A system to explore.</summary>
public sealed record RoutingOptions
{
    /// <summary>The most vCPUs, over all machines, that a state has room for.</summary>
    public const int VcpusMax = 2;

    /// <summary>Virtual machines.</summary>
    public int Machines { get; init; } = 1;

    /// <summary>vCPUs of each machine.</summary>
    public int VcpusPerMachine { get; init; } = 1;

    /// <summary>Physical CPUs that all vCPUs share; a vCPU moves freely among them.</summary>
    public int HostCpus { get; init; } = 1;

    /// <summary>The last machine has its interrupt controller in the kernel.</summary>
    public bool LastMachineHasKernelController { get; init; }

    /// <summary>The emulated controller treats INTID 27 as edge-triggered.</summary>
    public bool IsEdgeTriggered { get; init; }

    /// <summary>EOIR drops the priority only and DIR deactivates (EOImode 1).</summary>
    public bool HasSeparateDeactivation { get; init; }

    /// <summary>The host interrupts a guest at its periodic tick; without, the CPU is isolated and tickless.</summary>
    public bool HasTick { get; init; } = true;

    /// <summary>
    /// The host's interrupt controller has an active state that can be set; without, the gate is the enable bit.
    /// </summary>
    public bool HostHasActiveState { get; init; } = true;

    /// <summary>The kernel's capability announces the physical timer's bit of the word, too.</summary>
    public bool AnnouncesPhysicalTimer { get; init; } = true;

    /// <summary>The rule that is broken.</summary>
    public Rule Broken { get; init; }

    /// <summary>What may happen.</summary>
    public Repertoire Repertoire { get; init; } = Repertoire.All;

    /// <summary>
    /// A system with the repertoire that its size allows: the states of two vCPUs are the product of those of each.
    /// </summary>
    public static RoutingOptions For(int machines = 1, int vcpusPerMachine = 1, int hostCpus = 1) => new()
    {
        Machines = machines,
        VcpusPerMachine = vcpusPerMachine,
        HostCpus = hostCpus,
        Repertoire = machines * vcpusPerMachine == 1 ? Repertoire.All
            : hostCpus == 1 ? Repertoire.SharedCpu
            : Repertoire.TwoCpus,
    };

    /// <summary>vCPUs in all.</summary>
    public int Vcpus => Machines * VcpusPerMachine;

    /// <summary>The machine that vCPU <paramref name="vcpu"/> belongs to.</summary>
    public int MachineOf(int vcpu) => vcpu / VcpusPerMachine;

    /// <summary>Exchanging the names of two vCPUs leads from every run to a run.</summary>
    public bool AreVcpusAlike => !LastMachineHasKernelController;
}
