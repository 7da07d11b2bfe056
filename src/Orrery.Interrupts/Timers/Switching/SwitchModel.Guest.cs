using Orrery.Interrupts.Exploration;

namespace Orrery.Interrupts.Timers.Switching;

/// <content>What guests do.</content>
public readonly partial struct SwitchModel
{
    private void AddGuest(in SwitchState state, int cpu, CpuView view, ref StepList<SwitchState> steps)
    {
        int vcpu = view.Vcpu;
        VcpuView guest = state.Vcpu(vcpu);
        if (IsSignalled(view, guest))
        {
            // Before its next instruction the guest is left.
            Add(ref steps, SwitchStep.PhysicalInterrupt, vcpu, cpu, Left(state, cpu, view, guest), SwitchLabels.Exit << cpu);
            return;
        }

        Add(ref steps, SwitchStep.Tick, vcpu, cpu, Left(state, cpu, view, guest), SwitchLabels.Exit << cpu);
        uint progress = SwitchLabels.Progress << vcpu;
        Add(ref steps, SwitchStep.Execute, vcpu, cpu, state, progress);
        if (!guest.InHandler)
        {
            AddAcknowledge(state, cpu, guest, vcpu, ref steps);
            AddEnable(state, cpu, view, guest, ref steps);
        }

        if (guest.Met)
        {
            VcpuView reprogrammed = guest;
            reprogrammed.Met = false;
            reprogrammed.Masked &= _options.Guest == GuestHabit.WritesCompareOnly;
            Add(ref steps, SwitchStep.Reprogram, vcpu, cpu, state.With(vcpu, reprogrammed), progress);
        }

        if (guest.InHandler && (!guest.Met || _options.MayEndEarly))
        {
            VcpuView ended = guest;
            CpuView after = view;
            ended.InHandler = false;
            ended.Due |= guest.Line;
            (ended.Timer, bool? active) = _rules.Deactivate(guest.Timer);
            if (active == false && _options.Design == SwitchDesign.ActiveBit)
            {
                // The hardware's doing: no write of the hypervisor's.
                after.Active = false;
            }

            if (!_options.HardwareDeactivation)
            {
                // A maintenance interrupt reports the end.
                Leave(ref after, ref ended);
            }

            Add(ref steps, SwitchStep.End, vcpu, cpu, state.With(vcpu, ended).With(cpu, after), progress);
        }
    }

    private static void AddAcknowledge(in SwitchState state, int cpu, VcpuView guest, int vcpu, ref StepList<SwitchState> steps)
    {
        MappedTimer timer = guest.Timer;
        if (!SwitchRules.TryAcknowledge(ref timer))
        {
            return;
        }

        SwitchSafety violations = guest.Due ? 0 : SwitchSafety.Once;
        guest.Timer = timer;
        guest.InHandler = true;
        guest.Due = false;
        Add(
            ref steps, SwitchStep.Acknowledge, vcpu, cpu, state.With(vcpu, guest),
            (SwitchLabels.Progress | SwitchLabels.Acknowledge) << vcpu, violations);
    }

    /// <summary>Enabling and disabling the PPI in the virtual GIC are exits.</summary>
    private void AddEnable(in SwitchState state, int cpu, CpuView view, VcpuView guest, ref StepList<SwitchState> steps)
    {
        Leave(ref view, ref guest);
        SwitchStep step = SwitchStep.Disable;
        if (guest.Timer.Enabled)
        {
            guest.Timer = guest.Timer with { Enabled = false };
        }
        else
        {
            step = SwitchStep.Enable;
            (guest.Timer, bool? active) = _options.Design == SwitchDesign.ActiveBit
                ? _rules.Enable(guest.Timer, guest.Line)
                : (guest.Timer with { Enabled = true }, null);
            Write(ref view, active);
        }

        uint labels = SwitchLabels.Progress << view.Vcpu | SwitchLabels.Exit << cpu;
        Add(ref steps, step, view.Vcpu, cpu, state.With(view.Vcpu, guest).With(cpu, view), labels);
    }

    private SwitchState Left(in SwitchState state, int cpu, CpuView view, VcpuView guest)
    {
        Leave(ref view, ref guest);
        return state.With(view.Vcpu, guest).With(cpu, view);
    }
}
