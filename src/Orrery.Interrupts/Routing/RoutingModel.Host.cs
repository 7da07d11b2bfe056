using Orrery.Interrupts.Exploration;

namespace Orrery.Interrupts.Routing;

/// <summary>Steps of the kernel, the host around it, time and devices.</summary>
public readonly partial struct RoutingModel<TProtocol, TState>
{
    private void AddTimeAndDevices(in Turn turn, ref StepList<TState> steps)
    {
        Vcpu next = turn.Vcpu;
        if (!next.Expired)
        {
            next.Expired = true;
            Add(turn, next, RoutingAction.Expire, RoutingLabels.MovesCount, ref steps);
        }

        if (Allows(Repertoire.PhysicalTimer) && !turn.Vcpu.PhysicalLine)
        {
            AddPhysicalTimer(turn, ref steps);
        }

        if (Allows(Repertoire.OtherInterrupt) && !turn.Vcpu.OtherPending && !turn.Vcpu.HasKernelController
            && turn.Vcpu.Phase != GuestPhase.OtherHandler)
        {
            AddOtherInterrupt(turn, ref steps);
        }
    }

    /// <summary>
    /// The physical timer fires; a guest that runs is left for it, by its interrupt or by the timer that stands in for it.
    /// </summary>
    private void AddPhysicalTimer(in Turn turn, ref StepList<TState> steps)
    {
        TState state = turn.State;
        Vcpu next = turn.Vcpu;
        next.PhysicalLine = true;
        if (next.Place == Place.Guest)
        {
            int cpuIndex = CpuRunning(state, turn.Index);
            HostCpu cpu = CpuOf(state, cpuIndex);
            LeaveForHost(ref next, ref cpu);
            Store(ref state, cpuIndex, cpu);
        }

        Finish(turn, next, RoutingAction.RaisePhysicalTimer, RoutingLabels.MovesCount, 0, ref state, ref steps);
    }

    /// <summary>Another device's thread raises its interrupt at this vCPU's controller.</summary>
    private void AddOtherInterrupt(in Turn turn, ref StepList<TState> steps)
    {
        TState state = turn.State;
        Vcpu next = turn.Vcpu;
        next.OtherPending = true;
        next = SignalFromOutside(ref state, turn.Index, next);
        Finish(turn, next, RoutingAction.RaiseOther, RoutingLabels.None, 0, ref state, ref steps);
    }

    /// <summary>
    /// Another thread has changed a vCPU's controller: it sets the CPU's IRQ input (KVM_IRQ_LINE), and where that changes
    /// anything the vCPU is kicked out of its guest (window W12).
    /// </summary>
    private Vcpu SignalFromOutside(ref TState state, int index, Vcpu vcpu)
    {
        bool wantsPin = _user.WantsPin(vcpu);
        bool isKicked = wantsPin != vcpu.Pin && vcpu.Place == Place.Guest;
        vcpu.Pin = wantsPin;
        if (isKicked)
        {
            int cpuIndex = CpuRunning(state, index);
            HostCpu cpu = CpuOf(state, cpuIndex);
            LeaveForHost(ref vcpu, ref cpu);
            Store(ref state, cpuIndex, cpu);
        }

        Store(ref state, index, vcpu);
        return vcpu;
    }

    /// <summary>The timer is off, its interrupt is still on its way, and no vCPU runs on that CPU (window W18).</summary>
    private void AddLateInterrupts(in TState state, ref StepList<TState> steps)
    {
        for (int index = 0; index < _hostCpus; index++)
        {
            HostCpu cpu = CpuOf(state, index);
            if (cpu.IsLate && cpu.Current == HostCpu.Nobody)
            {
                TState next = state;
                cpu.IgnoreLateInterrupt(_options.HostHasActiveState);
                Store(ref next, index, cpu);
                steps.Add(RoutingDescription.ActionIndex(RoutingAction.LateInterrupt, index), next);
            }
        }
    }

    private void AddLoad(in Turn turn, ref StepList<TState> steps)
    {
        for (int index = 0; index < _hostCpus; index++)
        {
            HostCpu cpu = CpuOf(turn.State, index);
            if (cpu.Current != HostCpu.Nobody)
            {
                continue;
            }

            if (cpu.IsLate)
            {
                // The vCPU runs already, as far as the handler knows, and its timer is not in the hardware yet.
                AddTakenInterrupt(turn, index, turn.Vcpu.Line, ref steps);
            }

            Vcpu next = turn.Vcpu;
            _kernel.Load(ref next, ref cpu, turn.Index);
            Add(turn, next, index, cpu, RoutingAction.Load, RoutingLabels.Moves | RoutingLabels.Loads, ref steps);
        }
    }

    private void AddBlocked(in Turn turn, ref StepList<TState> steps)
    {
        // Without this step a run could not stay here, and a wake-up that is lost would not be seen.
        Add(turn, turn.Vcpu, RoutingAction.Idle, RoutingLabels.None, ref steps);
        if (_kernel.IsRunnable(turn.Vcpu))
        {
            Vcpu next = turn.Vcpu;
            next.Resumption = Resumption.Work;
            next.Place = Place.KernelLoad;
            Add(turn, next, RoutingAction.Wake, RoutingLabels.Moves | RoutingLabels.Wakes, ref steps);
        }

        if (Allows(Repertoire.Signals))
        {
            Vcpu next = turn.Vcpu;
            next.Resumption = Resumption.Publish;
            next.Place = Place.KernelLoad;
            Add(turn, next, RoutingAction.SeeSignal, RoutingLabels.Signals, ref steps);
        }
    }

    /// <summary>The steps of a vCPU that has a CPU.</summary>
    private void AddLoaded(in Turn turn, ref StepList<TState> steps)
    {
        int cpuIndex = CpuRunning(turn.State, turn.Index);
        HostCpu cpu = CpuOf(turn.State, cpuIndex);
        Place place = turn.Vcpu.Place;
        if (place == Place.Guest)
        {
            AddGuest(turn, cpuIndex, cpu, ref steps);
            return;
        }

        bool output = HardwareOutput(turn, cpu);
        if (output && !cpu.IsGated && place != Place.KernelRestore)
        {
            AddTakenInterrupt(turn, cpuIndex, output, ref steps);
        }

        switch (place)
        {
            case Place.KernelRestore:
            case Place.KernelRestoreCval:
                Vcpu restored = turn.Vcpu;
                _kernel.Restore(ref restored, ref cpu, turn.Index);
                Add(turn, restored, cpuIndex, cpu, RoutingAction.Restore, RoutingLabels.Moves, ref steps);
                break;
            case Place.KernelWork:
                AddWork(turn, cpuIndex, cpu, ref steps);
                break;
            case Place.KernelPublish:
                AddReturn(turn, cpuIndex, cpu, ref steps);
                break;
            case Place.KernelPut:
                Vcpu put = turn.Vcpu;
                cpu.Put(ref put, Place.UserReturned);
                Add(turn, put, cpuIndex, cpu, RoutingAction.FinishReturn, RoutingLabels.Moves, ref steps);
                break;
        }
    }

    /// <summary>The output of the timer in the hardware: the guest's, but between CTL and CVAL in the wrong order.</summary>
    private static bool HardwareOutput(in Turn turn, in HostCpu cpu)
    {
        if (turn.Vcpu.Place != Place.KernelRestoreCval)
        {
            return turn.Vcpu.Line;
        }

        return turn.Vcpu.TimerEnabled && !turn.Vcpu.TimerMasked
            && cpu.CvalOwner != HostCpu.Nobody && VcpuOf(turn.State, cpu.CvalOwner).Expired;
    }

    private void AddTakenInterrupt(in Turn turn, int cpuIndex, bool output, ref StepList<TState> steps)
    {
        Vcpu next = turn.Vcpu;
        HostCpu cpu = CpuOf(turn.State, cpuIndex);
        _kernel.TakeInterrupt(ref next, ref cpu, output);
        bool isForeign = next.Cached && !turn.Vcpu.Cached && !turn.Vcpu.Line;
        Add(
            turn, next, cpuIndex, cpu, RoutingAction.TakeInterrupt, RoutingLabels.Moves, ref steps,
            isForeign ? RoutingProperties.S7 : 0);
    }

    private void AddWork(in Turn turn, int cpuIndex, in HostCpu cpu, ref StepList<TState> steps)
    {
        Vcpu next = turn.Vcpu;
        HostCpu nextCpu = cpu;
        if (_kernel.MustRefuse(next))
        {
            _kernel.Refuse(ref next, ref nextCpu);
            Add(
                turn, next, cpuIndex, nextCpu, RoutingAction.Refuse,
                RoutingLabels.Moves | RoutingLabels.Checks | RoutingLabels.ForcesExit, ref steps,
                turn.Vcpu.ForcedExitAllowed ? 0 : RoutingProperties.L3);
        }
        else
        {
            _kernel.Enter(ref next, ref nextCpu);
            bool hasNews = !next.HasKernelController && TProtocol.MustExit(next.Line, next.Word);
            Add(
                turn, next, cpuIndex, nextCpu, RoutingAction.Enter, RoutingLabels.Moves | RoutingLabels.Checks, ref steps,
                hasNews ? RoutingProperties.S1 : 0);
        }

        if (Allows(Repertoire.Signals))
        {
            next = turn.Vcpu;
            next.Place = Place.KernelPublish;
            Add(turn, next, RoutingAction.SeeSignal, RoutingLabels.Signals, ref steps);
        }

        AddPreemption(turn, cpuIndex, cpu, Resumption.Work, ref steps);
    }

    private void AddReturn(in Turn turn, int cpuIndex, in HostCpu cpu, ref StepList<TState> steps)
    {
        Vcpu next = turn.Vcpu;
        HostCpu nextCpu = cpu;
        _kernel.Publish(ref next);
        next.LineAtIar = next.Line && next.Access == GuestAccess.Iar;
        if (cpu.IsAboutToInterrupt(next))
        {
            next.Place = Place.KernelPut;
        }
        else
        {
            nextCpu.Put(ref next, Place.UserReturned);
        }

        Add(turn, next, cpuIndex, nextCpu, RoutingAction.Return, RoutingLabels.Moves | RoutingLabels.Returns, ref steps);
        if (turn.Vcpu.Resumption != Resumption.ImmediateExit)
        {
            AddPreemption(turn, cpuIndex, cpu, Resumption.Publish, ref steps);
        }
    }

    /// <summary>
    /// The vCPU loses its CPU: because another waits for one, or, if the repertoire says so, for no reason seen here.
    /// </summary>
    private void AddPreemption(
        in Turn turn, int cpuIndex, in HostCpu cpu, Resumption resumption, ref StepList<TState> steps)
    {
        bool isWanted = false;
        for (int other = 0; other < _vcpus; other++)
        {
            isWanted |= other != turn.Index && VcpuOf(turn.State, other).Place == Place.KernelLoad;
        }

        if (!isWanted && !Allows(Repertoire.Preemption))
        {
            return;
        }

        Vcpu next = turn.Vcpu;
        HostCpu nextCpu = cpu;
        next.Resumption = resumption;
        nextCpu.Put(ref next, Place.KernelLoad);
        RoutingLabels labels = isWanted ? RoutingLabels.Yields : RoutingLabels.None;
        Add(turn, next, cpuIndex, nextCpu, RoutingAction.Preempt, labels, ref steps);
    }
}
