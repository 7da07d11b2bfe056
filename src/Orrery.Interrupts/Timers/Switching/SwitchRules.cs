namespace Orrery.Interrupts.Timers.Switching;

/// <summary>
/// The rules of the switch (Linux 6.12, <c>arch/arm64/kvm/arch_timer.c</c> and <c>vgic/</c>), each a pure function: what
/// becomes of the virtual interrupt, and what is to be written to the physical active bit of the CPU at hand (null:
/// nothing). <see cref="TimerSwitch"/> runs them on real chips, <see cref="SwitchModel"/> explores them to the last state.
/// </summary>
/// <param name="hardwareDeactivation">
/// Whether a guest's deactivation also deactivates the physical interrupt (HW bit of the list register). Where there is
/// no such thing the hypervisor looks at the timer again at the next exit.
/// </param>
/// <param name="mutants">Mistakes to make.</param>
public readonly struct SwitchRules(bool hardwareDeactivation, SwitchMutants mutants = SwitchMutants.None)
{
    /// <summary>
    /// SW1: the vCPU comes to a CPU. Before its timer does, the active bit is written, always, either way: set if the
    /// guest is handling the interrupt or its line is high already.
    /// </summary>
    public (MappedTimer Timer, bool? Active) Load(MappedTimer timer, bool line)
    {
        bool active = line || (timer.Active && !mutants.Has(SwitchMutants.LoadIgnoresVirtualActive));
        return (timer with { Level = line }, !active && mutants.Has(SwitchMutants.LoadNeverClears) ? null : active);
    }

    /// <summary>
    /// SW3: the physical interrupt was acknowledged, which made it active, and its priority dropped. Whether the timer
    /// really asserts its line is looked at again: the interrupt may be late.
    /// </summary>
    public MappedTimer Interrupt(MappedTimer timer, bool line) =>
        line || mutants.Has(SwitchMutants.TrustInterrupt) ? timer with { Level = true } : timer;

    /// <summary>
    /// SW4: the guest is about to be entered: its list register is loaded. Once loaded as pending the level is forgotten,
    /// so that the next rise is seen.
    /// </summary>
    public (MappedTimer Timer, bool? Active) Enter(MappedTimer timer)
    {
        MappedTimer entered = timer;
        if (timer.Active)
        {
            entered = timer with { Register = ListRegister.Active };
        }
        else if (timer.Enabled && (timer.Level || timer.Latch))
        {
            entered = timer with { Register = ListRegister.Pending, Level = false, Latch = false };
        }

        return (entered, mutants.Has(SwitchMutants.GateOnlyWithRegister) ? entered.Register != ListRegister.Invalid : null);
    }

    /// <summary>The guest reads IAR: true if it gets the timer's interrupt.</summary>
    public static bool TryAcknowledge(ref MappedTimer timer)
    {
        if (timer.Register != ListRegister.Pending)
        {
            return false;
        }

        timer = timer with { Register = ListRegister.Active };
        return true;
    }

    /// <summary>The guest deactivates: with HW set, the physical interrupt of the CPU it runs on as well.</summary>
    public (MappedTimer Timer, bool? Active) Deactivate(MappedTimer timer) => timer.Register == ListRegister.Active
        ? (timer with { Register = ListRegister.Invalid }, hardwareDeactivation ? false : null)
        : (timer, null);

    /// <summary>
    /// SW5: the guest was left. The list register is folded back; if it was still pending, or was deactivated while the
    /// level was thought high, the timer is looked at again, and if its line is low the physical interrupt may fire.
    /// </summary>
    public (MappedTimer Timer, bool? Active) Exit(MappedTimer timer, bool line)
    {
        bool isActive = timer.Register == ListRegister.Active;
        bool wasPending = timer.Register == ListRegister.Pending;
        bool wasDeactivated = timer.Active && !isActive;
        MappedTimer left = timer with { Active = isActive, Register = ListRegister.Invalid };
        if (wasPending && mutants.Has(SwitchMutants.EdgeStyle))
        {
            return (left with { Level = true }, null);
        }

        if (mutants.Has(SwitchMutants.ClearWhileRegisterActive) && isActive && !line)
        {
            return (left, false);
        }

        if (!hardwareDeactivation)
        {
            bool resample = !isActive && !left.Latch;
            left = resample ? left with { Level = line } : left;
            return (left, resample && !line ? false : null);
        }

        if (!wasPending && !(wasDeactivated && left.Level))
        {
            return (left, null);
        }

        left = left with { Level = line };
        return (left, line ? null : false);
    }

    /// <summary>
    /// SW7: the guest enables the PPI in its virtual GIC. The timer may have changed unseen meanwhile; if its line has
    /// fallen and nobody handles the interrupt, the physical one may fire again.
    /// </summary>
    public (MappedTimer Timer, bool? Active) Enable(MappedTimer timer, bool line)
    {
        MappedTimer enabled = timer with { Enabled = true };
        if (mutants.Has(SwitchMutants.EnableWithoutResample))
        {
            return (enabled, null);
        }

        bool hasFallen = timer.Level && !line;
        return (enabled with { Level = line }, hasFallen && !timer.Active ? false : null);
    }

    /// <summary>SW9 and the end of a vCPU: nothing pending, nothing active; what was active for it on a CPU is not any more.</summary>
    public (MappedTimer Timer, bool? Active) Destroy(MappedTimer timer) => (
        new MappedTimer(Level: false, Active: false, timer.Enabled, Latch: false, ListRegister.Invalid),
        mutants.Has(SwitchMutants.DestroyLeavesActive) ? null : false);
}
