namespace Orrery.Interrupts.Routing;

/// <summary>
/// User space's half of timer routing: before KVM_RUN, after its return, and the emulated interrupt controller between
/// them (INTID 27 of a GICv2, registers as in IHI 0048).
/// </summary>
/// <typeparam name="TProtocol">The protocol.</typeparam>
/// <param name="options">The system; its broken rule may be user space's.</param>
public readonly struct UserSide<TProtocol>(RoutingOptions options) where TProtocol : struct, IRoutingProtocol
{
    private readonly Rule _broken = options.Broken;
    private readonly bool _isEdgeTriggered = options.IsEdgeTriggered || options.Broken == Rule.InjectLevel;
    private readonly bool _hasSeparateDeactivation = options.HasSeparateDeactivation;

    /// <summary>The controller signals the timer's interrupt to its CPU.</summary>
    public bool Signals(in Vcpu vcpu) =>
        IsPending(vcpu) && (!vcpu.Active || _broken == Rule.HoldWhileActive) && vcpu.Enabled && vcpu.DistributorEnabled && vcpu.PriorityOpen;

    /// <summary>The controller has the timer's interrupt pending.</summary>
    public bool IsPending(in Vcpu vcpu) => vcpu.Latch || (vcpu.Input && !_isEdgeTriggered);

    /// <summary>The controller asks for its CPU: the timer's interrupt or the other one.</summary>
    public bool WantsPin(in Vcpu vcpu) => Signals(vcpu) || (vcpu.OtherPending && vcpu.DistributorEnabled);

    /// <summary>U1: the word and the CPU's IRQ input are brought up to date, and the vCPU goes to the kernel.</summary>
    public void Run(ref Vcpu vcpu, Resumption resumption)
    {
        if (!vcpu.HasKernelController)
        {
            vcpu.Word = TProtocol.BeforeRun(vcpu.Word, vcpu.Input, IsPending(vcpu));
            vcpu.Pin = WantsPin(vcpu);
        }

        vcpu.Resumption = resumption;
        vcpu.Place = Place.KernelLoad;
    }

    /// <summary>U3: the word is read and drives the controller's input; an access is served next.</summary>
    public void ReadWord(ref Vcpu vcpu)
    {
        bool isInterrupted = vcpu.Access == GuestAccess.None;
        bool isFresh = vcpu.Resumption != Resumption.ImmediateExit; // a refused run publishes nothing (window W10)
        if (!vcpu.HasKernelController && isFresh && !(isInterrupted && _broken == Rule.ReadWordAfterEveryReturn))
        {
            DriveInput(ref vcpu, TProtocol.Observe(vcpu.Word, vcpu.Line, vcpu.Input));
            vcpu.PhysicalInput = vcpu.PhysicalWord;
        }

        vcpu.IsForced = false;
        vcpu.Resumption = Resumption.Work;
        vcpu.Place = isInterrupted ? Place.UserRun : Place.UserAccess;
    }

    /// <summary>U4 before U3, with <see cref="Rule.ReadWordBeforeAccess"/> broken: the access is served, then the word is read.</summary>
    public void ServeThenReadWord(ref Vcpu vcpu)
    {
        ServeAccess(ref vcpu);
        ReadWord(ref vcpu);
    }

    /// <summary>U4, U5: the guest's access, as the controller does it.</summary>
    public void ServeAccess(ref Vcpu vcpu)
    {
        GuestAccess access = vcpu.Access;
        vcpu.Access = GuestAccess.None;
        vcpu.Place = Place.UserRun;
        switch (access)
        {
            case GuestAccess.Iar:
                Acknowledge(ref vcpu);
                break;
            case GuestAccess.Eoir:
                EndOfInterrupt(ref vcpu);
                break;
            case GuestAccess.Dir:
                Deactivate(ref vcpu);
                break;
            case GuestAccess.SetEnable:
            case GuestAccess.ClearEnable:
                vcpu.Enabled = access == GuestAccess.SetEnable;
                break;
            case GuestAccess.SetPending:
            case GuestAccess.ClearPending:
                vcpu.Latch = vcpu.SoftwareLatch = access == GuestAccess.SetPending;
                break;
            case GuestAccess.EnableDistributor:
            case GuestAccess.DisableDistributor:
                vcpu.DistributorEnabled = access == GuestAccess.EnableDistributor;
                break;
            case GuestAccess.OpenPriority:
            case GuestAccess.ClosePriority:
                vcpu.PriorityOpen = access == GuestAccess.OpenPriority;
                break;
            case GuestAccess.OtherDevice:
            case GuestAccess.None:
                break;
        }

        if (_broken == Rule.UnmaskOnlyWhenLow && access > GuestAccess.Iar)
        {
            vcpu.Word = vcpu.Word with { Mask = false };
        }
    }

    /// <summary>
    /// The machine is saved and restored elsewhere, the vCPU standing still: registers as the kernel's interface gives
    /// them, a new page with an empty word, a CPU whose IRQ input is low.
    /// </summary>
    /// <param name="vcpu">The vCPU.</param>
    /// <param name="setsBack">The count is restored to an earlier value, before the deadline.</param>
    public void SaveAndRestore(ref Vcpu vcpu, bool setsBack)
    {
        vcpu.Expired &= !setsBack;
        if (_broken == Rule.SwappedRegisterIds)
        {
            // CVAL is restored with the count and the count with CVAL: what was ahead is behind.
            vcpu.Expired = !vcpu.Expired;
        }

        vcpu.Word = default;
        vcpu.Pin = false;
        vcpu.Cached = false;
        vcpu.PhysicalWord = false;
        if (_broken != Rule.RecomputeInputAtRestore)
        {
            DriveInput(ref vcpu, vcpu.Line);
        }
    }

    private void DriveInput(ref Vcpu vcpu, bool level)
    {
        if (_isEdgeTriggered && level && !vcpu.Input)
        {
            vcpu.Latch = true;
        }

        vcpu.Input = level;
    }

    private void Acknowledge(ref Vcpu vcpu)
    {
        if (vcpu.OtherPending && vcpu.DistributorEnabled)
        {
            vcpu.OtherPending = false;
            vcpu.Phase = GuestPhase.OtherHandler;
        }
        else if (Signals(vcpu))
        {
            vcpu.Latch = false;
            vcpu.SoftwareLatch = false;
            vcpu.Active = true;
            vcpu.InService = true;
            vcpu.MustFireAgain = false;
            vcpu.Phase = GuestPhase.Handler;
        }
        else
        {
            // 1023, spurious: the guest returns from the exception.
            vcpu.Phase = GuestPhase.Main;
            vcpu.IrqsMasked = false;
        }
    }

    private void EndOfInterrupt(ref Vcpu vcpu)
    {
        if (vcpu.Phase == GuestPhase.Handler)
        {
            if (_broken == Rule.InputFollowsLine)
            {
                vcpu.Input = false;
            }

            if (!_hasSeparateDeactivation)
            {
                Deactivate(ref vcpu);
            }
        }

        vcpu.Phase = GuestPhase.Main;
        vcpu.IrqsMasked = false;
    }

    private static void Deactivate(ref Vcpu vcpu)
    {
        vcpu.Active = false;
        vcpu.InService = false;
        vcpu.MustFireAgain = vcpu.Line;
    }
}
