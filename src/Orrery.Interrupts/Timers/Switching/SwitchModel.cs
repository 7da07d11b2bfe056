using Orrery.Interrupts.Exploration;

namespace Orrery.Interrupts.Timers.Switching;

/// <summary>
/// Virtual machines that share the virtual timers of physical CPUs, with a GIC in the kernel, as a transition system:
/// every interleaving of time, guests, hardware and hypervisor. The hypervisor follows <see cref="SwitchRules"/>.
/// </summary>
public readonly partial struct SwitchModel : IModel<SwitchState>
{
    private readonly SwitchOptions _options;
    private readonly SwitchRules _rules;

    /// <summary>The model of some options. Throws if a number is out of its range.</summary>
    public SwitchModel(SwitchOptions options)
    {
        options.Check();
        _options = options;
        _rules = new SwitchRules(options.HardwareDeactivation, options.Mutants);
        Description = SwitchDescription.Of(options);
    }

    /// <inheritdoc/>
    public ModelDescription Description { get; }

    /// <inheritdoc/>
    public int MaxSuccessors => 32;

    /// <inheritdoc/>
    public IReadOnlyList<SwitchState> InitialStates
    {
        get
        {
            SwitchState state = default;
            for (int vcpu = 0; vcpu < _options.VcpuCount; vcpu++)
            {
                state = state.With(vcpu, new VcpuView { Timer = new MappedTimer(false, false, true, false, ListRegister.Invalid) });
            }

            for (int cpu = 0; cpu < _options.CpuCount; cpu++)
            {
                state = state.With(cpu, new CpuView { Enabled = true });
            }

            return [state];
        }
    }

    /// <inheritdoc/>
    public void AddSuccessors(in SwitchState state, ref StepList<SwitchState> steps)
    {
        for (int vcpu = 0; vcpu < _options.VcpuCount; vcpu++)
        {
            VcpuView view = state.Vcpu(vcpu);
            if (!view.Met)
            {
                view.Met = true;
                view.Due |= view.Line;
                Add(ref steps, SwitchStep.Expires, vcpu, 0, state.With(vcpu, view));
            }
        }

        for (int cpu = 0; cpu < _options.CpuCount; cpu++)
        {
            CpuView view = state.Cpu(cpu);
            if (view.Underway)
            {
                Add(ref steps, SwitchStep.Arrives, view.Vcpu, cpu, state.With(cpu, view with { Underway = false, Active = true }));
            }

            switch (view.Mode)
            {
                case CpuMode.Empty:
                    AddEmpty(state, cpu, view, ref steps);
                    break;
                case CpuMode.Host:
                    AddHost(state, cpu, view, ref steps);
                    break;
                default:
                    AddGuest(state, cpu, view, ref steps);
                    break;
            }
        }
    }

    /// <inheritdoc/>
    public uint Violations(in SwitchState state)
    {
        var violated = SwitchSafety.None;
        for (int vcpu = 0; vcpu < _options.VcpuCount; vcpu++)
        {
            violated |= state.Vcpu(vcpu).Masked ? SwitchSafety.OwnRegisters : 0;
        }

        if (_options.Design == SwitchDesign.MaskByHypervisor)
        {
            return (uint)violated;
        }

        for (int cpu = 0; cpu < _options.CpuCount; cpu++)
        {
            CpuView view = state.Cpu(cpu);
            if (view.Mode != CpuMode.Guest)
            {
                continue;
            }

            VcpuView vcpu = state.Vcpu(view.Vcpu);
            bool isHeld = vcpu.Timer.Register != ListRegister.Invalid;
            violated |= isHeld && !view.Active ? SwitchSafety.Coherent : 0;
            bool isGated = view.Active || !view.Enabled;
            violated |= vcpu.Line && isGated && !isHeld && !vcpu.Timer.Level ? SwitchSafety.Gated : 0;
        }

        return (uint)violated;
    }

    /// <inheritdoc/>
    public uint Propositions(in SwitchState state)
    {
        uint due = 0;
        for (int vcpu = 0; vcpu < _options.VcpuCount; vcpu++)
        {
            VcpuView view = state.Vcpu(vcpu);
            due |= view.Met && view.Timer.Enabled && !view.InHandler ? 1u << vcpu : 0;
        }

        return due;
    }

    /// <inheritdoc/>
    public SwitchState Canonical(in SwitchState state) => state;

    /// <inheritdoc/>
    public string FieldValue(in SwitchState state, int field)
    {
        if (field >= 2 * _options.VcpuCount)
        {
            CpuView cpu = state.Cpu(field - 2 * _options.VcpuCount);
            string mode = cpu.Mode == CpuMode.Empty ? "empty" : $"{(cpu.Mode == CpuMode.Host ? "host" : "guest")} {SwitchDescription.Name(cpu.Vcpu)}";
            return $"{mode}{(cpu.Active ? ", PPI active" : "")}{(cpu.Enabled ? "" : ", PPI disabled")}"
                + $"{(cpu.Late ? ", interrupt signalled" : "")}{(cpu.Underway ? ", write underway" : "")}";
        }

        VcpuView vcpu = state.Vcpu(field / 2);
        return field % 2 == 0
            ? $"{(vcpu.InHandler ? "handler" : "runs")}{(vcpu.Met ? ", due" : "")}{(vcpu.Masked ? ", IMASK" : "")}"
            : $"{(vcpu.Timer.Enabled ? "enabled" : "disabled")}{(vcpu.Timer.Level ? ", level" : "")}"
                + $"{(vcpu.Timer.Latch ? ", latch" : "")}{(vcpu.Timer.Active ? ", active" : "")}"
                + vcpu.Timer.Register switch { ListRegister.Invalid => "", ListRegister.Pending => ", LR pending", _ => ", LR active" };
    }

    private static void Add(
        ref StepList<SwitchState> steps, SwitchStep step, int vcpu, int cpu, in SwitchState next, uint labels = 0, SwitchSafety violations = 0) =>
        steps.Add(SwitchDescription.Index(step, vcpu, cpu), next, labels, (uint)violations);

    private bool GatesByActiveBit =>
        _options.Design == SwitchDesign.ActiveBit && !_options.Mutants.Has(SwitchMutants.EnableBitGate);

    /// <summary>Writes the active bit of a CPU, unless there is nothing to write.</summary>
    private void Write(ref CpuView cpu, bool? active)
    {
        if (active is not { } value || !GatesByActiveBit)
        {
            return;
        }

        if (_options.Mutants.Has(SwitchMutants.CachedActive))
        {
            if (cpu.Cached == value)
            {
                return;
            }

            cpu.Cached = value;
        }

        cpu.Active = value;
    }

    /// <summary>Whether the physical interrupt is signalled: the loaded timer's line is high, and nothing gates it.</summary>
    private static bool IsSignalled(in CpuView cpu, in VcpuView vcpu) => vcpu.Line && !cpu.Active && cpu.Enabled;
}
