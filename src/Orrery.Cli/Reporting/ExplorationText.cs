using System.Globalization;
using System.Text;
using Orrery.Interrupts.Exploration;
using Orrery.Interrupts.Routing;

namespace Orrery.Cli.Reporting;

/// <summary>An exploration of timer routing in words.</summary>
internal static class ExplorationText
{
    /// <summary>The events of a repertoire, as the command line names them.</summary>
    public static IReadOnlyList<(string Name, Repertoire Event, string What)> Events { get; } =
    [
        ("timer-mask", Repertoire.TimerMask, "the guest sets and clears CTL.IMASK"),
        ("timer-enable", Repertoire.TimerEnable, "the guest sets and clears CTL.ENABLE"),
        ("irq-mask", Repertoire.IrqMask, "the guest sets and clears PSTATE.I"),
        ("wfi", Repertoire.Wait, "the guest waits for interrupts"),
        ("enable", Repertoire.EnableInterrupt, "the guest enables and disables INTID 27"),
        ("pending", Repertoire.SoftwarePending, "the guest writes ISPENDR and ICPENDR"),
        ("distributor", Repertoire.Distributor, "the guest switches the distributor off and on"),
        ("priority", Repertoire.Priority, "the guest raises and lowers the priority mask"),
        ("other-access", Repertoire.OtherAccess, "the guest writes to another device"),
        ("other-interrupt", Repertoire.OtherInterrupt, "another thread raises another interrupt"),
        ("signals", Repertoire.Signals, "signals arrive; KVM_RUN with immediate_exit"),
        ("preemption", Repertoire.Preemption, "the host takes the CPU away though nobody waits for it"),
        ("save-restore", Repertoire.SaveRestore, "the machine is saved and restored elsewhere"),
        ("word-writes", Repertoire.WordWrites, "user space writes the kernel's bit of the word"),
        ("physical-timer", Repertoire.PhysicalTimer, "the physical timer is a second device of the word"),
    ];

    private static readonly (RoutingProfile Profile, string What)[] Profiles =
    [
        (RoutingProfile.Literal, "the four rules of 2016, MASK being the pending bit"),
        (RoutingProfile.Repaired, "the four rules, MASK being the level of the controller's input"),
        (RoutingProfile.Upstream, "KVM_CAP_ARM_USER_IRQ as it is in Linux"),
        (RoutingProfile.Apple, "Hypervisor.framework: masked at the exit, unmasked by user space"),
    ];

    /// <summary>What can be asked for, by kind.</summary>
    public static string List()
    {
        var text = new StringBuilder();
        Section("profiles", Profiles.Select(profile => (NameOf(profile.Profile), profile.What)));
        Section("properties", RoutingExploration.Properties.Select(property => (property.Id, property.Claim)));
        Section("mutants", RoutingMutant.All.Select(mutant => (mutant.Name, $"{mutant.What} ({mutant.Origin})")));
        Section("events", Events.Select(known => (known.Name, known.What)));
        return text.ToString();

        void Section(string title, IEnumerable<(string Name, string What)> lines)
        {
            text.Append(text.Length > 0 ? "\n" : "").Append(title).Append(":\n");
            foreach ((string name, string what) in lines)
            {
                text.Append(CultureInfo.InvariantCulture, $"  {name,-29} {what}\n");
            }
        }
    }

    /// <summary>What was explored, each property's verdict, and the shortest run that violates one.</summary>
    public static string Of(ExploredSystem system, ExplorationOptions exploration, ExplorationResult result)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{NameOf(system.Profile)}, {SizeOf(system.Options)}");
        text.Append(system.Mutant is null ? "\n" : $", mutant {system.Mutant}\n");
        text.Append(CultureInfo.InvariantCulture, $"{Count(result.States, "state")}, {Count(result.Transitions, "step")}, depth {result.Depth}\n");
        AppendVerdicts(text, exploration, result);
        AppendLimit(text, exploration, result);
        if (MostTelling(result.Counterexamples) is { } shown)
        {
            text.Append('\n').Append(HeadlineOf(shown)).Append(":\n\n").Append(TraceText.Render(shown));
            if (result.Counterexamples.Count > 1)
            {
                text.Append("\nThe runs that violate the other properties: --property\n");
            }
        }

        return text.ToString();
    }

    /// <summary>Time and memory; of every run another, so apart from the rest.</summary>
    public static string Effort(ExplorationResult result) => string.Create(
        CultureInfo.InvariantCulture,
        $"{result.TotalTime.TotalSeconds:F1} s, of which {result.SearchTime.TotalSeconds:F1} s for the states: "
            + $"{result.States / Math.Max(result.SearchProcessorTime.TotalSeconds, 0.001) / 1e6:F2} million in a second of processor time; "
            + $"{result.MemoryBytes / 1048576.0:F0} MiB");

    public static string NameOf(RoutingProfile profile) => profile.ToString().ToLowerInvariant();

    private static string SizeOf(RoutingOptions options)
    {
        string size = $"{Count(options.Machines, "machine")} of {Count(options.VcpusPerMachine, "vCPU")}, "
            + Count(options.HostCpus, "physical CPU");
        return size
            + (options.LastMachineHasKernelController ? ", the last with its controller in the kernel" : "")
            + (options.IsEdgeTriggered ? ", edge-triggered" : "")
            + (options.HasSeparateDeactivation ? ", EOImode 1" : "")
            + (options.HasTick ? "" : ", tickless")
            + (options.HostHasActiveState ? "" : ", host without active state");
    }

    /// <summary>A run that gets nowhere is what people meet; else the shortest.</summary>
    private static Counterexample? MostTelling(IEnumerable<Counterexample> found) =>
        found.OrderBy(run => run.CycleStart is null).ThenBy(run => run.Steps.Count).FirstOrDefault();

    private static void AppendVerdicts(StringBuilder text, ExplorationOptions exploration, ExplorationResult result)
    {
        string[] selected =
        [
            .. RoutingExploration.Properties.Select(property => property.Id)
                .Where(id => exploration.Properties is not { } wanted || wanted.Contains(id)),
        ];
        AppendList(text, "hold", selected.Where(result.Checked.Contains));
        AppendList(text, "undecided", selected.Where(id => !result.Checked.Contains(id)
            && result.Counterexamples.All(found => found.Property != id)));
        foreach (Counterexample found in result.Counterexamples)
        {
            text.Append(CultureInfo.InvariantCulture, $"violated: {HeadlineOf(found)}\n");
        }
    }

    private static void AppendList(StringBuilder text, string title, IEnumerable<string> properties)
    {
        string list = string.Join(", ", properties);
        if (list.Length > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"{title}: {list}\n");
        }
    }

    private static void AppendLimit(StringBuilder text, ExplorationOptions exploration, ExplorationResult result)
    {
        string? limit = result.Verdict switch
        {
            Verdict.StateLimitReached => $"the limit of {exploration.StateLimit:N0} states (--states)",
            Verdict.MemoryLimitReached => $"the limit of {exploration.MemoryLimitBytes >> 20:N0} MiB (--memory)",
            _ => null,
        };
        if (limit is not null)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"unfinished: {limit} is reached; all runs of {result.Depth} steps were seen\n");
        }
    }

    private static string HeadlineOf(Counterexample found)
    {
        string steps = Count(found.Steps.Count, "step");
        string cycle = found.CycleStart is { } start ? $", the last {found.Steps.Count - start} for ever" : "";
        return $"{found.Property} ({found.Claim}) in {steps}{cycle}{(found.IsShortest ? "" : "; perhaps not the shortest")}";
    }

    private static string Count(long count, string what) =>
        string.Create(CultureInfo.InvariantCulture, $"{count:N0} {what}{(count == 1 ? "" : "s")}");
}
