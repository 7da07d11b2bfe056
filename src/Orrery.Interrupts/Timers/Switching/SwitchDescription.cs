using Orrery.Interrupts.Exploration;

namespace Orrery.Interrupts.Timers.Switching;

/// <summary>The steps of <see cref="SwitchModel"/>, as indices into its description.</summary>
internal enum SwitchStep
{
    Expires,
    Fires,
    Arrives,
    Load,
    Handler,
    LateHandler,
    Enter,
    Put,
    PutLate,
    Destroy,
    Tick,
    PhysicalInterrupt,
    Acknowledge,
    Reprogram,
    End,
    Disable,
    Enable,
    Execute,
}

/// <summary>Safety properties, as bits.</summary>
[Flags]
internal enum SwitchSafety : uint
{
    None = 0,
    Coherent = 1 << 0,
    Gated = 1 << 1,
    Resampled = 1 << 2,
    OwnRegisters = 1 << 3,
    Once = 1 << 4,
    Released = 1 << 5,
}

/// <summary>Labels of steps, for liveness and fairness; those of vCPU or CPU 1 are shifted by one.</summary>
internal static class SwitchLabels
{
    public const uint Acknowledge = 1 << 0, Progress = 1 << 2, Enter = 1 << 4, Load = 1 << 6, Exit = 1 << 8, Put = 1 << 10;
    public const uint Handler = 1 << 12;
}

/// <summary>What people see of the switch model.</summary>
internal static class SwitchDescription
{
    private const string Time = "time", Hardware = "hardware", Hypervisor = "hypervisor", Guest = "guest";

    /// <summary>What everybody does, in the order of <see cref="SwitchStep"/>.</summary>
    private static readonly (string Actor, string Text)[] s_steps =
    [
        (Time, "the compare value of {0} is reached"),
        (Hardware, "the timer fires on {1} for the compare value that was there before"),
        (Hardware, "the active bit written earlier arrives on {1}"),
        (Hypervisor, "load {0} on {1}"),
        (Hypervisor, "handle the timer interrupt on {1}"),
        (Hypervisor, "the handler of a late timer interrupt runs on {1}"),
        (Hypervisor, "enter {0}"),
        (Hypervisor, "put {0}"),
        (Hypervisor, "put {0} just as its timer interrupt is signalled"),
        (Hypervisor, "destroy {0}"),
        (Hardware, "the host's tick: exit of {0}"),
        (Hardware, "timer interrupt: exit of {0}"),
        (Guest, "{0} acknowledges its timer interrupt"),
        (Guest, "{0} reprograms its timer"),
        (Guest, "{0} ends its interrupt"),
        (Guest, "{0} disables the PPI in its GIC"),
        (Guest, "{0} enables the PPI in its GIC"),
        (Guest, "{0} executes"),
    ];

    public static ModelDescription Of(SwitchOptions options) => new()
    {
        Actions = [.. from step in s_steps
                      from place in Places
                      select new ActionName(step.Actor, string.Format(null, step.Text, $"vCPU {Name(place.Vcpu)}", $"CPU {place.Cpu}"))],
        Fields = [.. Enumerable.Range(0, options.VcpuCount).SelectMany(v => (string[])[$"{Name(v)} guest", $"{Name(v)} interrupt"]),
                  .. Enumerable.Range(0, options.CpuCount).Select(c => $"CPU {c}")],
        Safety =
        [
            new("SW4", "While the guest runs, a list register or a virtual active bit means that the physical interrupt is active."),
            new("GATE", "While the guest runs, an asserted timer is held back, by the active or the enable bit, only if the hypervisor knows of it."),
            new("SW5", "What is pending at entry has its line high."),
            new("S5", "The guest's control register is written by the guest only."),
            new("S4", "An interrupt is acknowledged only once for each rise of the line and each end with the line high."),
            new("X06", "A destroyed vCPU leaves no active interrupt behind."),
        ],
        Liveness = [.. Enumerable.Range(0, options.VcpuCount).SelectMany(v => Liveness(v))],
        Fairness = [.. Enumerable.Range(0, options.VcpuCount).SelectMany(VcpuFairness),
                    .. Enumerable.Range(0, options.CpuCount).SelectMany(CpuFairness)],
    };

    /// <summary>The index of a step of a vCPU on a CPU.</summary>
    public static int Index(SwitchStep step, int vcpu, int cpu) => (int)step * 4 + vcpu * 2 + cpu;

    public static string Name(int vcpu) => vcpu == 0 ? "A" : "B";

    private static IEnumerable<(int Vcpu, int Cpu)> Places => from vcpu in (int[])[0, 1] from cpu in (int[])[0, 1] select (vcpu, cpu);

    private static IEnumerable<LivenessProperty> Liveness(int vcpu) =>
    [
        new($"L1{Name(vcpu)}", $"A timer of {Name(vcpu)} that stays due, with its PPI enabled, is eventually acknowledged.")
        {
            Within = 1u << vcpu,
            Avoiding = SwitchLabels.Acknowledge << vcpu,
        },
        new($"L4{Name(vcpu)}", $"A vCPU {Name(vcpu)} that is entered again and again executes.")
        {
            Repeating = SwitchLabels.Enter << vcpu,
            Avoiding = SwitchLabels.Progress << vcpu,
        },
    ];

    private static IEnumerable<FairnessConstraint> VcpuFairness(int vcpu) =>
    [
        new($"{Name(vcpu)} is loaded", FairnessKind.Strong, SwitchLabels.Load << vcpu),
        new($"{Name(vcpu)} is entered", FairnessKind.Strong, SwitchLabels.Enter << vcpu),
        new($"{Name(vcpu)} acknowledges", FairnessKind.Strong, SwitchLabels.Acknowledge << vcpu),
        new($"{Name(vcpu)} executes", FairnessKind.Strong, SwitchLabels.Progress << vcpu),
    ];

    private static IEnumerable<FairnessConstraint> CpuFairness(int cpu) =>
    [
        new($"CPU {cpu} exits", FairnessKind.Strong, SwitchLabels.Exit << cpu),
        new($"CPU {cpu} puts", FairnessKind.Strong, SwitchLabels.Put << cpu),
        new($"CPU {cpu} handles", FairnessKind.Weak, SwitchLabels.Handler << cpu),
    ];
}
