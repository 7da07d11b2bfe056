namespace Orrery.Interrupts.Routing;

/// <summary>Where the thread of a vCPU is.</summary>
public enum Place
{
    /// <summary>User space, about to call KVM_RUN (U1).</summary>
    UserRun,

    /// <summary>User space, KVM_RUN has returned (U3).</summary>
    UserReturned,

    /// <summary>User space, the guest's access is to be served (U4).</summary>
    UserAccess,

    /// <summary>Kernel, waits for a CPU; the timer is not in the hardware (K1, first half).</summary>
    KernelLoad,

    /// <summary>Kernel, gate set, timer registers to be put into the hardware (K1, second half).</summary>
    KernelRestore,

    /// <summary>Kernel, CTL is in the hardware and CVAL is not yet; only with <see cref="Rule.CvalBeforeCtl"/> broken.</summary>
    KernelRestoreCval,

    /// <summary>Kernel, interrupts on: signals, requests (K3).</summary>
    KernelWork,

    /// <summary>In the guest (K5).</summary>
    Guest,

    /// <summary>Kernel, the guest waits for an interrupt, the timer is not in the hardware (K6w).</summary>
    KernelBlocked,

    /// <summary>Kernel, about to return to user space (K7).</summary>
    KernelPublish,

    /// <summary>Kernel, timer off, its last interrupt still on its way (K8).</summary>
    KernelPut,
}

/// <summary>What a vCPU goes on with when it has a CPU again.</summary>
public enum Resumption
{
    /// <summary>Towards the guest.</summary>
    Work,

    /// <summary>Back to user space, publishing.</summary>
    Publish,

    /// <summary>Back to user space at once and without publishing: <c>immediate_exit</c> (K2).</summary>
    ImmediateExit,
}

/// <summary>What the guest is doing, as far as the timer's interrupt goes.</summary>
public enum GuestPhase
{
    /// <summary>Its own work.</summary>
    Main,

    /// <summary>It has taken an IRQ exception and must read IAR next.</summary>
    Vector,

    /// <summary>It has acknowledged the timer's interrupt.</summary>
    Handler,

    /// <summary>It has acknowledged another interrupt.</summary>
    OtherHandler,
}

/// <summary>The guest's access that user space is to serve.</summary>
public enum GuestAccess
{
    /// <summary>None.</summary>
    None,

    /// <summary>Read GICC_IAR.</summary>
    Iar,

    /// <summary>Write GICC_EOIR.</summary>
    Eoir,

    /// <summary>Write GICC_DIR.</summary>
    Dir,

    /// <summary>Write the timer's bit to GICD_ISENABLER0.</summary>
    SetEnable,

    /// <summary>Write the timer's bit to GICD_ICENABLER0.</summary>
    ClearEnable,

    /// <summary>Write the timer's bit to GICD_ISPENDR0.</summary>
    SetPending,

    /// <summary>Write the timer's bit to GICD_ICPENDR0.</summary>
    ClearPending,

    /// <summary>Write 1 to GICD_CTLR.</summary>
    EnableDistributor,

    /// <summary>Write 0 to GICD_CTLR.</summary>
    DisableDistributor,

    /// <summary>Write a GICC_PMR that lets the timer's priority through.</summary>
    OpenPriority,

    /// <summary>Write a GICC_PMR that masks the timer's priority.</summary>
    ClosePriority,

    /// <summary>Write a register of some other device.</summary>
    OtherDevice,
}

/// <summary>
/// Everything about one vCPU, in 57 bits: the guest's timer and progress, the emulated controller's state of the timer's
/// interrupt (INTID 27), the shared word, the place of its thread, and what the properties remember.
/// </summary>
/// <remarks>Time is abstracted to "CVAL is reached" or not. The bits above 56 belong to a <see cref="HostCpu"/>.</remarks>
public struct Vcpu(ulong bits)
{
    /// <summary>The bits of a vCPU.</summary>
    public const ulong Mask = (1UL << 57) - 1;

    private ulong _bits = bits & Mask;

    /// <summary>The packed form.</summary>
    public readonly ulong Bits => _bits;

    // The guest.

    /// <summary>CNTV_CTL.ENABLE.</summary>
    public bool TimerEnabled { readonly get => Get(0); set => Set(0, value); }

    /// <summary>CNTV_CTL.IMASK.</summary>
    public bool TimerMasked { readonly get => Get(1); set => Set(1, value); }

    /// <summary>The timer condition: CNTVCT has reached CVAL.</summary>
    public bool Expired { readonly get => Get(2); set => Set(2, value); }

    /// <summary>PSTATE.I.</summary>
    public bool IrqsMasked { readonly get => Get(3); set => Set(3, value); }

    /// <summary>What the guest is doing.</summary>
    public GuestPhase Phase { readonly get => (GuestPhase)Get(4, 2); set => Set(4, 2, (uint)value); }

    /// <summary>The timer's output: ENABLE and condition and not IMASK.</summary>
    public readonly bool Line => (_bits & 7) == 5;

    // The emulated interrupt controller, as far as INTID 27 of this vCPU goes.

    /// <summary>The level of the controller's input.</summary>
    public bool Input { readonly get => Get(6); set => Set(6, value); }

    /// <summary>The pending latch.</summary>
    public bool Latch { readonly get => Get(7); set => Set(7, value); }

    /// <summary>The active bit.</summary>
    public bool Active { readonly get => Get(8); set => Set(8, value); }

    /// <summary>The enable bit.</summary>
    public bool Enabled { readonly get => Get(9); set => Set(9, value); }

    /// <summary>The distributor forwards interrupts.</summary>
    public bool DistributorEnabled { readonly get => Get(10); set => Set(10, value); }

    /// <summary>The priority mask lets the interrupt through.</summary>
    public bool PriorityOpen { readonly get => Get(11); set => Set(11, value); }

    /// <summary>Another interrupt, of higher priority, is pending.</summary>
    public bool OtherPending { readonly get => Get(12); set => Set(12, value); }

    /// <summary>The CPU's IRQ input, as KVM_IRQ_LINE set it; with a controller in the kernel, a list register is pending.</summary>
    public bool Pin { readonly get => Get(13); set => Set(13, value); }

    // The shared word.

    /// <summary>The two bits about the virtual timer.</summary>
    public SharedWord Word
    {
        readonly get => new(Get(14), Get(15));
        set
        {
            Set(14, value.Level);
            Set(15, value.Mask);
        }
    }

    // The thread.

    /// <summary>Where it is.</summary>
    public Place Place { readonly get => (Place)Get(16, 4); set => Set(16, 4, (uint)value); }

    /// <summary>What it goes on with once it is loaded.</summary>
    public Resumption Resumption { readonly get => (Resumption)Get(20, 2); set => Set(20, 2, (uint)value); }

    /// <summary>The access to be served.</summary>
    public GuestAccess Access { readonly get => (GuestAccess)Get(22, 4); set => Set(22, 4, (uint)value); }

    /// <summary>The return to user space is a forced one.</summary>
    public bool IsForced { readonly get => Get(26); set => Set(26, value); }

    /// <summary>The level that the kernel derived last.</summary>
    public bool Cached { readonly get => Get(27); set => Set(27, value); }

    // The physical timer, as a second device of the word.

    /// <summary>The physical timer's output.</summary>
    public bool PhysicalLine { readonly get => Get(28); set => Set(28, value); }

    /// <summary>Its bit in the word.</summary>
    public bool PhysicalWord { readonly get => Get(29); set => Set(29, value); }

    /// <summary>The level of its input of the emulated controller.</summary>
    public bool PhysicalInput { readonly get => Get(30); set => Set(30, value); }

    // What the properties remember; no decision looks at it.

    /// <summary>S4: acknowledged by the guest and not deactivated.</summary>
    public bool InService { readonly get => Get(31); set => Set(31, value); }

    /// <summary>S3: the guest has set the latch itself since the last acknowledgement.</summary>
    public bool SoftwareLatch { readonly get => Get(32); set => Set(32, value); }

    /// <summary>S2: since the input changed last, the line has had the other level.</summary>
    public bool InputMayChange { readonly get => Get(33); set => Set(33, value); }

    /// <summary>L3: since the last forced exit, the line has changed or user space has written the word.</summary>
    public bool ForcedExitAllowed { readonly get => Get(34); set => Set(34, value); }

    /// <summary>L6: deactivated while the line was high, and neither acknowledged nor low since.</summary>
    public bool MustFireAgain { readonly get => Get(35); set => Set(35, value); }

    /// <summary>W6: the line was high when the kernel returned for the guest's read of IAR.</summary>
    public bool LineAtIar { readonly get => Get(44); set => Set(44, value); }

    // A snapshot of the controller, only with SaveAtomically broken.

    /// <summary>There is one.</summary>
    public bool HasSnapshot { readonly get => Get(36); set => Set(36, value); }

    /// <summary>Its bits: those of the controller above.</summary>
    public uint Snapshot { readonly get => Get(37, 6); set => Set(37, 6, value); }

    /// <summary>The bits of the controller, as a snapshot has them.</summary>
    public uint Controller { readonly get => Get(6, 6); set => Set(6, 6, value); }

    /// <summary>The controller is in the kernel, and has one list register; constant.</summary>
    public bool HasKernelController { readonly get => Get(43); set => Set(43, value); }

    /// <summary>The controller is saved while the vCPU goes on.</summary>
    public void SaveController()
    {
        Snapshot = Controller;
        HasSnapshot = true;
    }

    /// <summary>The controller becomes what it was, on a machine whose timer and word are those of now.</summary>
    public void RestoreController()
    {
        Controller = Snapshot;
        Snapshot = 0;
        HasSnapshot = false;
        Pin = false;
    }

    private readonly bool Get(int bit) => (_bits >> bit & 1) != 0;

    private readonly uint Get(int bit, int width) => (uint)(_bits >> bit) & ((1u << width) - 1);

    private void Set(int bit, bool value) => _bits = (_bits & ~(1UL << bit)) | ((value ? 1UL : 0) << bit);

    private void Set(int bit, int width, uint value) =>
        _bits = (_bits & ~(((1UL << width) - 1) << bit)) | ((ulong)value << bit);
}
