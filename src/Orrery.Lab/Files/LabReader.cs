using System.Collections.Immutable;
using Orrery.Simulation;

namespace Orrery.Lab.Files;

/// <summary>Turns the tree of a lab file into a <see cref="LabDefinition"/>.</summary>
internal static class LabReader
{
    public const string SeedExpected = "a whole number below 2^64";

    /// <summary>The lab; null when a diagnostic is an error.</summary>
    public static LabDefinition? Read(LabValue root, LabSource source, List<LabDiagnostic> diagnostics)
    {
        var lab = new Section(root, "a lab", LabKeys.Lab, diagnostics);
        string folder = Path.GetDirectoryName(Path.GetFullPath(source.File))!;
        CalendarOptions calendar = ReadCalendar(lab);
        List<NodeDraft> nodes = new NodeReader(folder, calendar, diagnostics).Read(lab);
        List<NetworkDraft> networks = new NetworkReader(nodes, diagnostics).Read(lab);
        LabEnd until = ReadUntil(lab, nodes, diagnostics);
        bool[] captured = ReadCapture(lab, networks, diagnostics);
        (ImmutableArray<PortReference>[] ports, PlannedInterface[][] planned) = InterfacePlan.Make(nodes, networks, diagnostics);
        string? kernel = ReadKernel(lab, folder);
        var definition = new LabDefinition
        {
            Source = source,
            Title = lab.Text("lab", "a title") ?? Path.GetFileNameWithoutExtension(source.File),
            Nodes = [],
            Networks = [.. networks.Select((network, i) => network.Definition with { Ports = ports[i], Capture = captured[i] })],
            Until = until,
            Calendar = calendar,
            Kernel = kernel,
        };
        definition = definition with
        {
            Seed = lab.Number("seed", SeedExpected) ?? definition.Seed,
            StartUnixNs = ReadStart(lab) ?? definition.StartUnixNs,
            Record = lab.Switch("record") ?? definition.Record,
        };
        // Addresses go by position: interfaces that contradict each other have none.
        if (!IsAddressable(planned, ports))
        {
            return null;
        }

        ImmutableArray<InterfaceDefinition>[] interfaces = AddressPlan.Make(nodes, networks, ports, planned, diagnostics);
        return diagnostics.Any(diagnostic => !diagnostic.IsWarning) ? null
            : definition with { Nodes = [.. nodes.Select((node, i) => node.Definition with { Interfaces = interfaces[i] })] };
    }

    private static bool IsAddressable(PlannedInterface[][] planned, ImmutableArray<PortReference>[] ports) =>
        planned.All(node => node.Length == 0 || node[^1].Index == node.Length - 1)
        && ports.All(network => network.All(port => port.Interface < planned[port.Node].Length));

    private static CalendarOptions ReadCalendar(Section lab)
    {
        var defaults = new CalendarOptions();
        Section? section = lab.FindSection("calendar", "the calendar's options", LabKeys.Calendar);
        return section is null ? defaults : new CalendarOptions
        {
            Memory = section.Switch("memory") ?? defaults.Memory,
            Epoch = AboveZero(section, "epoch") ?? defaults.Epoch,
            Watchdog = AboveZero(section, "watchdog") is { } time ? TimeSpan.FromTicks((long)(time.Nanoseconds / TimeSpan.NanosecondsPerTick)) : defaults.Watchdog,
        };
    }

    private static SimDuration? AboveZero(Section section, string key)
    {
        SimDuration? duration = section.Duration(key);
        if (duration is null || duration.Value >= SimDuration.FromMicroseconds(1))
        {
            return duration;
        }

        section.Report(section.Find(key)!, "at least 1us");
        return null;
    }

    private static ulong? ReadStart(Section lab)
    {
        LabScalar? text = lab.Scalar("start", WallClock.Expected);
        if (text is null)
        {
            return null;
        }

        if (WallClock.TryParse(text.Text, out ulong unixNs))
        {
            return unixNs;
        }

        lab.Report(text, WallClock.Expected);
        return null;
    }

    private static string? ReadKernel(Section lab, string folder)
    {
        const string expected = "a kernel that exists";
        LabScalar? text = lab.Scalar("kernel", expected);
        if (text is null)
        {
            return null;
        }

        string path = text.Text.Contains('\0') ? "" : Path.GetFullPath(text.Text, folder); // no path has a NUL
        if (File.Exists(path))
        {
            return path;
        }

        lab.Report(text, expected);
        return null;
    }

    private static LabEnd ReadUntil(Section lab, List<NodeDraft> nodes, List<LabDiagnostic> diagnostics)
    {
        const string expected = "'NODE exits', 'all exit', or a time such as 10s";
        string[] runners = [.. nodes.Where(node => node.Definition.Runs).Select(node => node.Definition.Name)];
        LabScalar? text = lab.Scalar("until", expected);
        string? name = text?.Text.EndsWith(" exits", StringComparison.Ordinal) == true ? text.Text[..^" exits".Length].Trim() : null;
        if (name is not null)
        {
            NodeDraft? node = nodes.Find(node => node.Definition.Name == name);
            if (node is not null && node.Definition.Runs)
            {
                return new LabEnd.NodeExits(node.Definition.Index, name);
            }

            diagnostics.Add(node is null
                ? text!.Place.Error($"the node '{name}'", Suggestion.OneOf("the nodes", [.. nodes.Select(n => n.Definition.Name)], name))
                : text!.Place.Error($"'{name} exits', but '{name}' has nothing to run", Suggestion.OneOf("the nodes that run something", runners, name)));
        }
        else if (text is null || text.Text == "all exit")
        {
            // A program that was refused is something to run: its own message says what is wrong.
            if (runners.Length == 0 && nodes.Count > 0 && diagnostics.TrueForAll(diagnostic => diagnostic.IsWarning))
            {
                diagnostics.Add((text?.Place ?? lab.Place).Error(
                    "no node with something to run", "'run:' or 'program:' on a node that exits, or a time in 'until:'"));
            }
        }
        else if (SimDuration.TryParse(text.Text, out SimDuration duration, out DurationError error))
        {
            if (duration > SimDuration.Zero)
            {
                return new LabEnd.At(SimTime.Zero + duration);
            }

            lab.Report(text, "a time above zero");
        }
        else
        {
            lab.Report(text, error is DurationError.NotANumber or DurationError.Empty ? expected : Section.Expected(error));
        }

        return new LabEnd.AllExit();
    }

    private static bool[] ReadCapture(Section lab, List<NetworkDraft> networks, List<LabDiagnostic> diagnostics)
    {
        var captured = new bool[networks.Count];
        if (lab.Find("capture") is LabSequence list)
        {
            foreach (LabScalar name in lab.Texts(list, "the name of a link or segment"))
            {
                int index = networks.FindIndex(network => network.Definition.Name == name.Text);
                if (index >= 0)
                {
                    captured[index] = true;
                }
                else
                {
                    diagnostics.Add(name.Place.Error(name.Describe(), Suggestion.OneOf("the links and segments", [.. networks.Select(n => n.Definition.Name)], name.Text)));
                }
            }
        }
        else
        {
            Array.Fill(captured, lab.Switch("capture") ?? false);
        }

        return captured;
    }
}
