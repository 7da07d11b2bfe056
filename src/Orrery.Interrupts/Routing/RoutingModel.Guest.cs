using Orrery.Interrupts.Exploration;

namespace Orrery.Interrupts.Routing;

/// <summary>
/// Steps of the guest: whatever its repertoire allows, at any time; but an interrupt taken is acknowledged next. Where the
/// physical line interrupts, or an IRQ is to be taken, the hardware lets no other instruction go first.
/// </summary>
public readonly partial struct RoutingModel<TProtocol, TState>
{
    private const RoutingLabels Instruction = RoutingLabels.Moves | RoutingLabels.Executes;

    private void AddGuest(in Turn turn, int cpuIndex, in HostCpu cpu, ref StepList<TState> steps)
    {
        if (cpu.IsAboutToInterrupt(turn.Vcpu))
        {
            AddInterrupt(turn, cpuIndex, cpu, ref steps);
            return;
        }

        if (_hasTick)
        {
            AddLeaving(turn, cpuIndex, cpu, GuestAccess.None, RoutingAction.Tick, RoutingLabels.InterruptsGuest, ref steps);
        }

        Vcpu next = turn.Vcpu;
        switch (next.Phase)
        {
            case GuestPhase.Main when next.Pin && !next.IrqsMasked:
                next.IrqsMasked = true;
                next.Phase = GuestPhase.Vector;
                Add(turn, next, RoutingAction.TakeIrq, Instruction, ref steps);
                break;
            case GuestPhase.Vector:
                AddAcknowledgement(turn, cpuIndex, cpu, ref steps);
                break;
            case GuestPhase.Main:
                AddTimerInstructions(turn, ref steps);
                AddMainInstructions(turn, cpuIndex, cpu, ref steps);
                break;
            default:
                AddTimerInstructions(turn, ref steps);
                AddEndOfInterrupt(turn, cpuIndex, cpu, ref steps);
                break;
        }
    }

    private void AddInterrupt(in Turn turn, int cpuIndex, in HostCpu cpu, ref StepList<TState> steps)
    {
        Vcpu next = turn.Vcpu;
        HostCpu nextCpu = cpu;
        LeaveForHost(ref next, ref nextCpu);
        Add(turn, next, cpuIndex, nextCpu, RoutingAction.Interrupt, RoutingLabels.InterruptsGuest, ref steps);
    }

    /// <summary>The guest is left; a physical interrupt that pends is taken before anything else happens.</summary>
    private void LeaveForHost(ref Vcpu vcpu, ref HostCpu cpu)
    {
        bool isInterrupted = cpu.IsAboutToInterrupt(vcpu);
        _kernel.Leave(ref vcpu, ref cpu, GuestAccess.None);
        if (isInterrupted)
        {
            _kernel.TakeInterrupt(ref vcpu, ref cpu, output: true);
        }
    }

    private void AddTimerInstructions(in Turn turn, ref StepList<TState> steps)
    {
        Add(turn, turn.Vcpu, RoutingAction.Compute, Instruction, ref steps);
        Vcpu next = turn.Vcpu;
        if (next.Expired)
        {
            next.Expired = false;
            Add(turn, next, RoutingAction.SetDeadlineAhead, Instruction, ref steps);
        }
        else
        {
            // TVAL = -1: taken for unsigned, the deadline is minutes ahead.
            next.Expired = _options.Broken != Rule.TvalIsSigned;
            Add(turn, next, RoutingAction.SetDeadlinePast, Instruction, ref steps, next.Expired ? 0 : RoutingProperties.S5);
        }

        if (turn.Vcpu.PhysicalLine)
        {
            next = turn.Vcpu;
            next.PhysicalLine = false;
            Add(turn, next, RoutingAction.LowerPhysicalTimer, Instruction, ref steps);
        }

        if (Allows(Repertoire.TimerMask))
        {
            next = turn.Vcpu;
            next.TimerMasked = !next.TimerMasked;
            Add(turn, next, next.TimerMasked ? RoutingAction.MaskTimer : RoutingAction.UnmaskTimer, Instruction, ref steps);
        }

        if (Allows(Repertoire.TimerEnable))
        {
            next = turn.Vcpu;
            next.TimerEnabled = !next.TimerEnabled;
            Add(turn, next, next.TimerEnabled ? RoutingAction.EnableTimer : RoutingAction.DisableTimer, Instruction, ref steps);
        }
    }

    private void AddMainInstructions(in Turn turn, int cpuIndex, in HostCpu cpu, ref StepList<TState> steps)
    {
        ref readonly Vcpu vcpu = ref turn.Vcpu;
        if (Allows(Repertoire.IrqMask))
        {
            Vcpu next = vcpu;
            next.IrqsMasked = !next.IrqsMasked;
            Add(turn, next, next.IrqsMasked ? RoutingAction.MaskIrqs : RoutingAction.UnmaskIrqs, Instruction, ref steps);
        }

        if (Allows(Repertoire.Wait))
        {
            Vcpu next = vcpu;
            HostCpu nextCpu = cpu;
            _kernel.Block(ref next, ref nextCpu);
            Add(turn, next, cpuIndex, nextCpu, RoutingAction.Wait, Instruction, ref steps);
        }

        if (vcpu.HasKernelController)
        {
            return;
        }

        if (_options.HasSeparateDeactivation && vcpu.Active)
        {
            AddAccess(turn, cpuIndex, cpu, GuestAccess.Dir, RoutingAction.WriteDir, ref steps);
        }

        AddToggle(
            turn, cpuIndex, cpu, Repertoire.EnableInterrupt, vcpu.Enabled, (GuestAccess.SetEnable, RoutingAction.EnableInterrupt),
            (GuestAccess.ClearEnable, RoutingAction.DisableInterrupt), ref steps);
        AddToggle(
            turn, cpuIndex, cpu, Repertoire.Distributor, vcpu.DistributorEnabled,
            (GuestAccess.EnableDistributor, RoutingAction.EnableDistributor),
            (GuestAccess.DisableDistributor, RoutingAction.DisableDistributor), ref steps);
        AddToggle(
            turn, cpuIndex, cpu, Repertoire.Priority, vcpu.PriorityOpen, (GuestAccess.OpenPriority, RoutingAction.OpenPriority),
            (GuestAccess.ClosePriority, RoutingAction.ClosePriority), ref steps);
        if (Allows(Repertoire.SoftwarePending))
        {
            AddAccess(turn, cpuIndex, cpu, GuestAccess.SetPending, RoutingAction.SetPending, ref steps);
            AddAccess(turn, cpuIndex, cpu, GuestAccess.ClearPending, RoutingAction.ClearPending, ref steps);
        }

        if (Allows(Repertoire.OtherAccess))
        {
            AddAccess(turn, cpuIndex, cpu, GuestAccess.OtherDevice, RoutingAction.WriteOtherDevice, ref steps);
        }
    }

    /// <summary>A bit of the controller that the guest may switch: only the other way than it is.</summary>
    private void AddToggle(
        in Turn turn, int cpuIndex, in HostCpu cpu, Repertoire needed, bool isSet, (GuestAccess Access, RoutingAction Action) set,
        (GuestAccess Access, RoutingAction Action) clear, ref StepList<TState> steps)
    {
        if (Allows(needed))
        {
            (GuestAccess access, RoutingAction action) = isSet ? clear : set;
            AddAccess(turn, cpuIndex, cpu, access, action, ref steps);
        }
    }

    private void AddAcknowledgement(in Turn turn, int cpuIndex, in HostCpu cpu, ref StepList<TState> steps)
    {
        if (!turn.Vcpu.HasKernelController)
        {
            AddAccess(turn, cpuIndex, cpu, GuestAccess.Iar, RoutingAction.ReadIar, ref steps);
            return;
        }

        // The list register answers, without an exit.
        Vcpu next = turn.Vcpu;
        RoutingLabels labels = Instruction;
        uint violations = 0;
        if (next.Pin)
        {
            violations = next.InService ? RoutingProperties.S4 : 0;
            next.Pin = false;
            next.Active = true;
            next.InService = true;
            next.MustFireAgain = false;
            next.Phase = GuestPhase.Handler;
            labels |= RoutingLabels.Acknowledges;
        }
        else
        {
            next.Phase = GuestPhase.Main;
            next.IrqsMasked = false;
        }

        Add(turn, next, RoutingAction.ReadIar, labels, ref steps, violations);
    }

    private void AddEndOfInterrupt(in Turn turn, int cpuIndex, in HostCpu cpu, ref StepList<TState> steps)
    {
        if (!turn.Vcpu.HasKernelController)
        {
            AddAccess(turn, cpuIndex, cpu, GuestAccess.Eoir, RoutingAction.WriteEoir, ref steps);
            return;
        }

        // The hardware bit of the list register deactivates the physical interrupt as well.
        Vcpu next = turn.Vcpu;
        HostCpu nextCpu = cpu;
        next.Active = false;
        next.InService = false;
        next.MustFireAgain = next.Line;
        next.Phase = GuestPhase.Main;
        next.IrqsMasked = false;
        nextCpu.Active = false;
        Add(turn, next, cpuIndex, nextCpu, RoutingAction.WriteEoir, Instruction, ref steps);
    }

    private void AddAccess(
        in Turn turn, int cpuIndex, in HostCpu cpu, GuestAccess access, RoutingAction action, ref StepList<TState> steps) =>
        AddLeaving(turn, cpuIndex, cpu, access, action, Instruction, ref steps);

    private void AddLeaving(
        in Turn turn, int cpuIndex, in HostCpu cpu, GuestAccess access, RoutingAction action, RoutingLabels labels,
        ref StepList<TState> steps)
    {
        Vcpu next = turn.Vcpu;
        HostCpu nextCpu = cpu;
        _kernel.Leave(ref next, ref nextCpu, access);
        Add(turn, next, cpuIndex, nextCpu, action, labels, ref steps);
    }
}
