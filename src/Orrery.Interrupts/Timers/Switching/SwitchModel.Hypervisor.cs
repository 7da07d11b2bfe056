using Orrery.Interrupts.Exploration;

namespace Orrery.Interrupts.Timers.Switching;

/// <content>What the hypervisor does.</content>
public readonly partial struct SwitchModel
{
    /// <summary>No vCPU is loaded: any vCPU that is nowhere else may come.</summary>
    private void AddEmpty(in SwitchState state, int cpu, CpuView view, ref StepList<SwitchState> steps)
    {
        if (view.Late)
        {
            Add(ref steps, SwitchStep.LateHandler, 0, cpu, state.With(cpu, view with { Late = false }), SwitchLabels.Handler << cpu);
        }

        for (int vcpu = 0; vcpu < _options.VcpuCount; vcpu++)
        {
            if (IsLoaded(state, vcpu))
            {
                continue;
            }

            VcpuView loaded = state.Vcpu(vcpu);
            CpuView host = view with { Mode = CpuMode.Host, Vcpu = vcpu };
            if (_options.Design == SwitchDesign.ActiveBit)
            {
                (loaded.Timer, bool? active) = _rules.Load(loaded.Timer, loaded.Line);
                if (active == true && _options.Mutants.Has(SwitchMutants.LateSetActive))
                {
                    host.Underway = true;
                }
                else
                {
                    Write(ref host, active);
                }
            }

            SwitchState next = state.With(vcpu, loaded).With(cpu, host);
            Add(ref steps, SwitchStep.Load, vcpu, cpu, next, SwitchLabels.Load << vcpu);
            if (_options.Mutants.Has(SwitchMutants.ControlBeforeCompare) && !host.Active)
            {
                // The handler finds the line low, and its acknowledgement leaves the interrupt active.
                Add(ref steps, SwitchStep.Fires, vcpu, cpu, next.With(cpu, host with { Active = true }));
            }
        }
    }

    /// <summary>The hypervisor runs with interrupts on: what is signalled is handled before anything else.</summary>
    private void AddHost(in SwitchState state, int cpu, CpuView view, ref StepList<SwitchState> steps)
    {
        int vcpu = view.Vcpu;
        VcpuView guest = state.Vcpu(vcpu);
        if (view.Late)
        {
            // Acknowledged before the vCPU it was for was put; that vCPU's timer is off, and another may be loaded.
            VcpuView late = guest;
            late.Timer = _rules.Interrupt(guest.Timer, guest.Line);
            SwitchState handled = state.With(vcpu, late).With(cpu, view with { Late = false });
            Add(ref steps, SwitchStep.LateHandler, vcpu, cpu, handled, SwitchLabels.Handler << cpu);
            return;
        }

        if (IsSignalled(view, guest))
        {
            Add(ref steps, SwitchStep.Handler, vcpu, cpu, Handled(state, cpu, view, guest), SwitchLabels.Handler << cpu);
            if (GatesByActiveBit)
            {
                SwitchState late = state.With(cpu, view with { Mode = CpuMode.Empty, Vcpu = 0, Late = true, Active = true });
                Add(ref steps, SwitchStep.PutLate, vcpu, cpu, late, SwitchLabels.Put << cpu);
            }

            return;
        }

        CpuView inGuest = view with { Mode = CpuMode.Guest };
        VcpuView entered = guest;
        (entered.Timer, bool? active) = _rules.Enter(guest.Timer);
        Write(ref inGuest, active);
        bool isStale = entered.Timer.Register == ListRegister.Pending && !guest.Line && _options.Design == SwitchDesign.ActiveBit;
        Add(
            ref steps, SwitchStep.Enter, vcpu, cpu, state.With(vcpu, entered).With(cpu, inGuest),
            SwitchLabels.Enter << vcpu, isStale ? SwitchSafety.Resampled : 0);

        Add(
            ref steps, SwitchStep.Put, vcpu, cpu, state.With(cpu, view with { Mode = CpuMode.Empty, Vcpu = 0 }),
            SwitchLabels.Put << cpu);

        var reset = new VcpuView();
        CpuView left = view with { Mode = CpuMode.Empty, Vcpu = 0 };
        (reset.Timer, active) = _rules.Destroy(guest.Timer);
        Write(ref left, active);
        Add(
            ref steps, SwitchStep.Destroy, vcpu, cpu, state.With(vcpu, reset).With(cpu, left),
            violations: left.Active ? SwitchSafety.Released : 0);
    }

    /// <summary>The handler of the physical interrupt, after its acknowledgement.</summary>
    private SwitchState Handled(in SwitchState state, int cpu, CpuView view, VcpuView guest)
    {
        if (_options.Design == SwitchDesign.MaskByHypervisor)
        {
            guest.Masked = true;
            guest.Timer = guest.Timer with { Latch = true };
        }
        else
        {
            guest.Timer = _rules.Interrupt(guest.Timer, guest.Line);
            view.Active = GatesByActiveBit;
            view.Enabled = GatesByActiveBit;
        }

        return state.With(view.Vcpu, guest).With(cpu, view);
    }

    /// <summary>The guest is left.</summary>
    private void Leave(ref CpuView cpu, ref VcpuView guest)
    {
        cpu.Mode = CpuMode.Host;
        if (_options.Design == SwitchDesign.MaskByHypervisor)
        {
            ListRegister register = guest.Timer.Register;
            guest.Timer = guest.Timer with
            {
                Active = register == ListRegister.Active,
                Latch = guest.Timer.Latch || register == ListRegister.Pending,
                Register = ListRegister.Invalid,
            };
            return;
        }

        (guest.Timer, bool? active) = _rules.Exit(guest.Timer, guest.Line);
        Write(ref cpu, active);
        if (_options.Mutants.Has(SwitchMutants.EnableBitGate) && !guest.Line)
        {
            cpu.Enabled = true;
        }
    }

    private bool IsLoaded(in SwitchState state, int vcpu)
    {
        for (int cpu = 0; cpu < _options.CpuCount; cpu++)
        {
            CpuView view = state.Cpu(cpu);
            if (view.Mode != CpuMode.Empty && view.Vcpu == vcpu)
            {
                return true;
            }
        }

        return false;
    }
}
