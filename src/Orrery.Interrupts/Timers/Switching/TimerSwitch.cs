using Orrery.Interrupts.State;

namespace Orrery.Interrupts.Timers.Switching;

/// <summary>A vCPU as the switch sees it: its timers, and its virtual timer's interrupt.</summary>
/// <param name="timers">The timers.</param>
public sealed class SwitchedVcpu(VcpuTimers timers)
{
    /// <summary>The timers; the virtual one is in hardware while the vCPU is loaded.</summary>
    public VcpuTimers Timers { get; } = timers;

    /// <summary>The virtual timer's interrupt.</summary>
    public MappedTimer Interrupt { get; set; } = new(false, false, Enabled: true, false, ListRegister.Invalid);
}

/// <summary>
/// The virtual timer of one physical CPU and the vCPUs that take turns on it, over a real interrupt chip, whose active bit
/// is switched with them by <see cref="IInterruptChip.SetState"/>. Every method that touches the chip returns the chip's
/// error.
/// </summary>
/// <remarks>
/// The caller is the hypervisor: it drives the chip's line with <see cref="Line"/> whenever time or registers change,
/// acknowledges the physical interrupt when it is signalled (dropping its priority, not deactivating it), and calls
/// <see cref="Interrupt"/>.
/// </remarks>
/// <param name="chip">The chip that the CPU's timer interrupts through.</param>
/// <param name="interrupt">The timer's interrupt in the bank of this CPU.</param>
/// <param name="design">The scheme.</param>
/// <param name="rules">The rules of <see cref="SwitchDesign.ActiveBit"/>.</param>
public sealed class TimerSwitch(IInterruptChip chip, InterruptRef interrupt, SwitchDesign design, SwitchRules rules)
{
    /// <summary>The vCPU whose timer is in this CPU's hardware; null when the timer is off.</summary>
    public SwitchedVcpu? Loaded { get; private set; }

    /// <summary>The output of this CPU's virtual timer at a physical count.</summary>
    public bool Line(ulong physicalCount) => Loaded is { } vcpu && vcpu.Timers.Output(TimerKind.Virtual, physicalCount);

    /// <summary>Brings a vCPU here: first the active bit, then its timer. Another that is loaded must be put before.</summary>
    public ChipError Load(SwitchedVcpu vcpu, ulong physicalCount)
    {
        if (Loaded is not null)
        {
            throw new InvalidOperationException("Another vCPU is loaded.");
        }

        ChipError error = ChipError.None;
        if (design == SwitchDesign.ActiveBit)
        {
            (vcpu.Interrupt, bool? active) = rules.Load(vcpu.Interrupt, vcpu.Timers.Output(TimerKind.Virtual, physicalCount));
            error = Write(active);
        }

        Loaded = vcpu;
        return error;
    }

    /// <summary>Takes the vCPU away: its timer is off here from now on. The active bit stays until the next load.</summary>
    public void Put() => Loaded = null;

    /// <summary>
    /// The physical interrupt was acknowledged and its priority dropped. Without a vCPU loaded it came late, and is
    /// ignored: the next load writes the active bit.
    /// </summary>
    public ChipError Interrupt(ulong physicalCount)
    {
        if (Loaded is not { } vcpu)
        {
            return ChipError.None;
        }

        if (design == SwitchDesign.ActiveBit)
        {
            vcpu.Interrupt = rules.Interrupt(vcpu.Interrupt, Line(physicalCount));
            return ChipError.None;
        }

        GenericTimer timer = vcpu.Timers[TimerKind.Virtual];
        vcpu.Timers[TimerKind.Virtual] = timer.WithControl((ulong)(timer.Control | TimerControl.Mask));
        vcpu.Interrupt = vcpu.Interrupt with { Latch = true };
        return chip.SetState(interrupt, ChipState.Active, false);
    }

    /// <summary>Enters the guest of the loaded vCPU.</summary>
    public ChipError Enter()
    {
        (Current.Interrupt, bool? active) = rules.Enter(Current.Interrupt);
        return Write(active);
    }

    /// <summary>Leaves the guest.</summary>
    public ChipError Exit(ulong physicalCount)
    {
        MappedTimer timer = Current.Interrupt;
        if (design == SwitchDesign.MaskByHypervisor)
        {
            Current.Interrupt = timer with
            {
                Active = timer.Register == ListRegister.Active,
                Latch = timer.Latch || timer.Register == ListRegister.Pending,
                Register = ListRegister.Invalid,
            };
            return ChipError.None;
        }

        (Current.Interrupt, bool? active) = rules.Exit(timer, Line(physicalCount));
        return Write(active);
    }

    /// <summary>The guest acknowledges (IAR): whether it gets the timer's interrupt.</summary>
    public bool TryAcknowledge()
    {
        MappedTimer timer = Current.Interrupt;
        bool taken = SwitchRules.TryAcknowledge(ref timer);
        Current.Interrupt = timer;
        return taken;
    }

    /// <summary>The guest deactivates (EOI, or DIR in EOImode 1).</summary>
    public ChipError Deactivate()
    {
        (Current.Interrupt, bool? active) = rules.Deactivate(Current.Interrupt);
        return Write(active);
    }

    /// <summary>The guest enables or disables the PPI in its virtual GIC, which is an access that leaves the guest.</summary>
    public ChipError SetEnabled(bool enabled, ulong physicalCount)
    {
        if (!enabled || design == SwitchDesign.MaskByHypervisor)
        {
            Current.Interrupt = Current.Interrupt with { Enabled = enabled };
            return ChipError.None;
        }

        (Current.Interrupt, bool? active) = rules.Enable(Current.Interrupt, Line(physicalCount));
        return Write(active);
    }

    /// <summary>The loaded vCPU ends, whatever its guest was doing.</summary>
    public ChipError Destroy()
    {
        (Current.Interrupt, bool? active) = rules.Destroy(Current.Interrupt);
        Loaded = null;
        return Write(active);
    }

    private SwitchedVcpu Current => Loaded ?? throw new InvalidOperationException("No vCPU is loaded.");

    private ChipError Write(bool? active) =>
        active is { } value && design == SwitchDesign.ActiveBit ? chip.SetState(interrupt, ChipState.Active, value) : ChipError.None;
}
