using Orrery.Interrupts.Exploration;

namespace Orrery.Interrupts.Routing;

/// <summary>Steps of user space.</summary>
public readonly partial struct RoutingModel<TProtocol, TState>
{
    /// <summary>Steps after which two vCPUs that do the same must both have reached their guests.</summary>
    private const int StepsToGuestMax = 64;

    private void AddUserRun(in Turn turn, ref StepList<TState> steps)
    {
        Vcpu next = turn.Vcpu;
        _user.Run(ref next, Resumption.Work);
        Add(turn, next, RoutingAction.Run, RoutingLabels.Moves | RoutingLabels.Runs, ref steps);
        if (Allows(Repertoire.Signals))
        {
            next = turn.Vcpu;
            _user.Run(ref next, Resumption.ImmediateExit);
            Add(turn, next, RoutingAction.RunImmediateExit, RoutingLabels.Moves, ref steps);
        }

        if (turn.Vcpu.HasKernelController)
        {
            return;
        }

        if (Allows(Repertoire.WordWrites) && TProtocol.HasDeviceWord)
        {
            // Only what user space believes: any other value can equal a line that it has not heard of.
            next = turn.Vcpu;
            bool level = _options.Broken == Rule.PresetWordToInput ? !next.Word.Level : next.Input;
            if (next.Word.Level != level)
            {
                next.Word = next.Word with { Level = level };
                Add(turn, next, RoutingAction.WriteWord, RoutingLabels.WritesWord, ref steps);
            }
        }

        if (Allows(Repertoire.SaveRestore))
        {
            AddSaveAndRestore(turn, ref steps);
        }
    }

    private void AddSaveAndRestore(in Turn turn, ref StepList<TState> steps)
    {
        Vcpu next = turn.Vcpu;
        if (_options.Broken != Rule.SaveAtomically)
        {
            AddRestored(turn, setsBack: false, ref steps);
            if (next.Expired)
            {
                AddRestored(turn, setsBack: true, ref steps);
            }
        }
        else if (next.HasSnapshot)
        {
            next.RestoreController();
            Add(turn, next, RoutingAction.RestoreController, RoutingLabels.WritesWord, ref steps, S10(turn.Vcpu, next));
        }
        else
        {
            next.SaveController();
            Add(turn, next, RoutingAction.SaveController, RoutingLabels.None, ref steps);
        }
    }

    private void AddRestored(in Turn turn, bool setsBack, ref StepList<TState> steps)
    {
        Vcpu restored = turn.Vcpu;
        _user.SaveAndRestore(ref restored, setsBack);
        if (setsBack)
        {
            Add(
                turn, restored, RoutingAction.SaveRestoreSetBack, RoutingLabels.WritesWord | RoutingLabels.MovesCount, ref steps);
        }
        else
        {
            Add(turn, restored, RoutingAction.SaveRestore, RoutingLabels.WritesWord, ref steps, S10(turn.Vcpu, restored));
        }
    }

    private uint S10(in Vcpu unsaved, in Vcpu restored) =>
        WhatTheGuestFinds(unsaved) == WhatTheGuestFinds(restored) ? 0 : RoutingProperties.S10;

    /// <summary>
    /// The guest-visible bits of a vCPU at its next entry, if it goes there with no disturbance; two vCPUs with the same
    /// bits there have the same future (property S10).
    /// </summary>
    private uint WhatTheGuestFinds(Vcpu vcpu)
    {
        const uint Unreachable = uint.MaxValue;
        const uint GuestVisible = (1u << 14) - 1;
        var cpu = new HostCpu { Current = HostCpu.Nobody, CvalOwner = HostCpu.Nobody };
        for (int step = 0; step < StepsToGuestMax; step++)
        {
            if (cpu.IsAboutToInterrupt(vcpu) && vcpu.Place is Place.Guest or Place.KernelWork or Place.KernelPublish)
            {
                if (vcpu.Place == Place.Guest)
                {
                    _kernel.Leave(ref vcpu, ref cpu, GuestAccess.None);
                }

                _kernel.TakeInterrupt(ref vcpu, ref cpu, output: true);
            }

            switch (vcpu.Place)
            {
                case Place.UserRun:
                    _user.Run(ref vcpu, Resumption.Work);
                    break;
                case Place.UserReturned:
                    _user.ReadWord(ref vcpu);
                    break;
                case Place.UserAccess:
                    _user.ServeAccess(ref vcpu);
                    break;
                case Place.KernelLoad:
                    _kernel.Load(ref vcpu, ref cpu, 0);
                    break;
                case Place.KernelWork when _kernel.MustRefuse(vcpu):
                    _kernel.Refuse(ref vcpu, ref cpu);
                    break;
                case Place.KernelWork:
                    _kernel.Enter(ref vcpu, ref cpu);
                    break;
                case Place.KernelPublish:
                    _kernel.Publish(ref vcpu);
                    cpu.Put(ref vcpu, Place.UserReturned);
                    break;
                case Place.Guest:
                    return (uint)vcpu.Bits & GuestVisible;
                default:
                    _kernel.Restore(ref vcpu, ref cpu, 0);
                    break;
            }
        }

        return Unreachable;
    }

    private void AddUserReturned(in Turn turn, ref StepList<TState> steps)
    {
        Vcpu next = turn.Vcpu;
        if (_options.Broken == Rule.ReadWordBeforeAccess && next.Access != GuestAccess.None)
        {
            AddServed(turn, next, isWordRead: false, ref steps);
            return;
        }

        _user.ReadWord(ref next);
        Add(turn, next, RoutingAction.ReadWord, RoutingLabels.Moves, ref steps);
    }

    private void AddUserAccess(in Turn turn, ref StepList<TState> steps) =>
        AddServed(turn, turn.Vcpu, isWordRead: true, ref steps);

    private void AddServed(in Turn turn, Vcpu next, bool isWordRead, ref StepList<TState> steps)
    {
        RoutingLabels labels = RoutingLabels.Moves;
        uint violations = 0;
        bool mayAcknowledge = next.Access == GuestAccess.Iar;
        if (isWordRead)
        {
            _user.ServeAccess(ref next);
        }
        else
        {
            _user.ServeThenReadWord(ref next);
        }

        if (mayAcknowledge && next.Phase == GuestPhase.Handler)
        {
            labels |= RoutingLabels.Acknowledges;
            violations = AcknowledgementViolations(turn.Vcpu);
        }

        next.LineAtIar = false;
        TState state = turn.State;
        if (next.DistributorEnabled != turn.Vcpu.DistributorEnabled)
        {
            SwitchDistributor(ref state, turn.Index, next.DistributorEnabled);
        }

        Finish(turn, next, RoutingAction.ServeAccess, labels, violations, ref state, ref steps);
    }

    /// <summary>The distributor is the machine's: its other vCPUs are signalled or not from now on, by this thread.</summary>
    private void SwitchDistributor(ref TState state, int servedFor, bool isEnabled)
    {
        for (int index = 0; index < _vcpus; index++)
        {
            if (index == servedFor || _options.MachineOf(index) != _options.MachineOf(servedFor))
            {
                continue;
            }

            Vcpu other = VcpuOf(state, index);
            other.DistributorEnabled = isEnabled;
            SignalFromOutside(ref state, index, other);
        }
    }

    private uint AcknowledgementViolations(in Vcpu before)
    {
        uint violations = before.InService ? RoutingProperties.S4 : 0;
        if (_checksLevelRules && !before.SoftwareLatch)
        {
            violations |= before.Input ? 0 : RoutingProperties.S3;
            violations |= before.LineAtIar || before.Line ? 0 : RoutingProperties.W6;
        }

        return violations;
    }
}
