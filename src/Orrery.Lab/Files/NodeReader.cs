using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Orrery.Machines.Programs;
using Orrery.Simulation;

namespace Orrery.Lab.Files;

/// <summary>Reads the nodes of a lab file.</summary>
/// <param name="folder">The folder of the lab file: relative paths begin there.</param>
/// <param name="calendar">The lab's calendar options: a node's own begin with them.</param>
internal sealed partial class NodeReader(string folder, CalendarOptions calendar, List<LabDiagnostic> diagnostics)
{
    /// <summary>Nodes of a lab; MACs count them with 16 bits.</summary>
    public const int NodeCountMax = 65_000;

    /// <summary>What a kernel with networks needs to boot.</summary>
    private const ulong MemoryMin = 16UL << 20;

    private const ulong MemoryMax = 64UL << 30;

    private const ulong MemoryStep = 1UL << 20;

    private const string NameExpected = "a host name: up to 63 letters, digits, '-', '_' and '.', a letter or digit first and last";

    /// <summary>Arguments that Orrery itself gives the kernel: a second one would take the lab apart.</summary>
    private static readonly string[] ReservedArguments =
        ["mem", "initrd", "time-travel", "virtio_uml.device", "umid", "uml_dir", "noreboot", "con", "con0", "ssl", "ssl0", "root", "init", "initcall_blacklist"];

    [GeneratedRegex(@"^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$")]
    private static partial Regex NamePattern { get; }

    /// <summary>A name that would read as another node's interface.</summary>
    [GeneratedRegex(@"\.eth[0-9]+$")]
    private static partial Regex InterfaceSuffix { get; }

    public List<NodeDraft> Read(Section lab)
    {
        var drafts = new List<NodeDraft>();
        Section? nodes = lab.FindSection("nodes", "the nodes by name", null);
        if (nodes is null || !nodes.Entries.Any())
        {
            diagnostics.Add((nodes?.Place ?? lab.Place).Error("no node", "at least one under 'nodes:'"));
            return drafts;
        }

        foreach (LabEntry entry in nodes.Entries)
        {
            if (drafts.Count == NodeCountMax)
            {
                diagnostics.Add(entry.Place.Error($"more than {NodeCountMax} nodes", "fewer"));
                break;
            }

            drafts.Add(ReadNode(entry, drafts.Count));
        }

        return drafts;
    }

    private NodeDraft ReadNode(LabEntry entry, int index)
    {
        if (!NamePattern.IsMatch(entry.Name) || InterfaceSuffix.IsMatch(entry.Name) || entry.Name == "localhost")
        {
            diagnostics.Add(entry.Place.Error($"the node name '{entry.Name}'", NameExpected));
        }

        string[] kinds = [.. LabKeys.NodeOfKind.Keys];
        var node = new Section(entry.Value, "a node", null, diagnostics);
        string kind = node.Word("kind", "the kinds", kinds);
        // Of a node whose kind is a slip nobody knows which keys it may have.
        ReportForeignKeys(node, node.Text("kind", "") is { } written && written != kind ? null : kind);
        NodeDefinition definition = kind switch
        {
            MachineNode.KindName => ReadMachine(node, entry.Name, index),
            ExternalNode.KindName => new ExternalNode { Name = entry.Name, Index = index },
            _ => ReadLinux(node, entry.Name, index),
        };
        definition = definition with
        {
            Start = SimTime.Zero + (node.Duration("start") ?? SimDuration.Zero),
            ScheduleMemory = node.FindSection("calendar", "a node's calendar options", LabKeys.NodeCalendar)?.Switch("memory") ?? calendar.Memory,
            Type = ReadType(node),
        };
        return new NodeDraft(definition, entry.Place, new InterfaceReader(diagnostics).Read(node));
    }

    /// <summary>Keys that a node of this kind (null: of any) does not have; one that another kind has says so.</summary>
    private void ReportForeignKeys(Section node, string? kind)
    {
        string[] keys = [.. LabKeys.Node, .. kind is null ? LabKeys.NodeOfKind.Values.SelectMany(own => own) : LabKeys.NodeOfKind[kind]];
        foreach (LabEntry entry in node.Entries)
        {
            if (keys.Contains(entry.Name))
            {
                continue;
            }

            string? owner = LabKeys.NodeOfKind.FirstOrDefault(other => other.Value.Contains(entry.Name)).Key;
            diagnostics.Add(entry.Place.Error($"key '{entry.Name}'", owner is null
                ? Suggestion.OneOf($"the keys of a {kind}{(kind is null ? "" : " ")}node", keys, entry.Name)
                : $"it on a node of kind {owner} only; this one is of kind {kind}"));
        }
    }

    private LinuxNode ReadLinux(Section node, string name, int index)
    {
        var linux = new LinuxNode { Name = name, Index = index };
        return linux with
        {
            MemoryBytes = ReadMemory(node) ?? linux.MemoryBytes,
            Run = [.. node.Texts("run", "a shell command, or a list of them").Select(command => command.Text)],
            Root = ReadRoot(node),
            Files = new GuestFileReader(folder, diagnostics).Read(node),
            Kernel = ReadPath(node, "kernel", "a kernel that exists", File.Exists),
            KernelArguments = ReadKernelArguments(node),
            Seed = node.Number("seed", LabReader.SeedExpected),
        };
    }

    private MachineNode ReadMachine(Section node, string name, int index)
    {
        Section? interrupts = node.FindSection("interrupts", "a machine's interrupts", LabKeys.Interrupts);
        string? assembly = ReadPath(node, "assembly", "an assembly that exists", File.Exists);
        return new MachineNode
        {
            Name = name,
            Index = index,
            Program = ReadProgram(node, isOurs: assembly is null),
            Assembly = assembly,
            OwnProcess = node.Word("process", "the places of a machine", ["inside", "own"]) == "own",
            InterruptChip = interrupts?.Word("chip", "the chips", ["gicv3", "gicv2"]) == "gicv2" ? InterruptChip.GicV2 : InterruptChip.GicV3,
            InterruptLatency = interrupts?.Duration("latency") ?? SimDuration.Zero,
        };
    }

    /// <param name="node">The machine.</param>
    /// <param name="isOurs">The program is one of Orrery's own, which are known here with their arguments.</param>
    private static ImmutableArray<string> ReadProgram(Section node, bool isOurs)
    {
        LabScalar? text = node.Scalar("program", "a program and its arguments");
        string[] words = text?.Text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) ?? [];
        if (!isOurs || words.Length == 0)
        {
            return [.. words];
        }

        if (!ProgramCatalogue.Names.Contains(words[0]))
        {
            node.Report(text!, Suggestion.OneOf("the programs", [.. ProgramCatalogue.Names.Order()], words[0]));
            return [];
        }

        if (ProgramCatalogue.Create(words, assembly: null, out string error) is null)
        {
            node.Report(text!, $"arguments that the program takes ({error})");
            return [];
        }

        return [.. words];
    }

    private static ulong? ReadMemory(Section node)
    {
        ulong? bytes = node.Size("memory");
        if (bytes is null || (bytes is >= MemoryMin and <= MemoryMax && bytes % MemoryStep == 0))
        {
            return bytes;
        }

        node.Report(node.Find("memory")!, $"whole megabytes from {ByteSize.Format(MemoryMin)} to {ByteSize.Format(MemoryMax)}");
        return null;
    }

    private GuestRoot ReadRoot(Section node)
    {
        const string expected = "minimal, host, or a directory that exists";
        switch (node.Text("root", expected))
        {
            case null or "minimal":
                return new GuestRoot.Minimal();
            case "host":
                return new GuestRoot.Host();
            default:
                string? path = ReadPath(node, "root", expected, Directory.Exists);
                return path is null ? new GuestRoot.Minimal() : new GuestRoot.Folder(path);
        }
    }

    private string? ReadPath(Section section, string key, string expected, Func<string, bool> exists)
    {
        LabScalar? scalar = section.Scalar(key, expected);
        if (scalar is null)
        {
            return null;
        }

        string path = scalar.Text.Contains('\0') ? "" : Path.GetFullPath(scalar.Text, folder); // no path has a NUL
        if (exists(path))
        {
            return path;
        }

        section.Report(scalar, expected);
        return null;
    }

    private ImmutableArray<string> ReadKernelArguments(Section node)
    {
        const string expected = "a kernel argument, or a list of them";
        var arguments = ImmutableArray.CreateBuilder<string>();
        foreach (LabScalar scalar in node.Texts("kernel-arguments", expected))
        {
            foreach (string argument in scalar.Text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
            {
                if (ReservedArguments.Contains(argument.Split('=')[0]))
                {
                    diagnostics.Add(scalar.Place.Error($"kernel argument '{argument}'", "one that Orrery does not give the kernel itself"));
                }
                else
                {
                    arguments.Add(argument);
                }
            }
        }

        return arguments.DrainToImmutable();
    }

    private ImmutableArray<TypedInput> ReadType(Section node)
    {
        const string expected = "a list of { text, at }";
        LabValue? value = node.Find("type");
        if (value is null)
        {
            return [];
        }

        if (value is not LabSequence list)
        {
            node.Report(value, expected);
            return [];
        }

        var inputs = new List<TypedInput>();
        foreach (LabValue item in list.Items)
        {
            var section = new Section(item, "typed input", LabKeys.Type, diagnostics);
            LabScalar? text = section.Scalar("text", "what is typed");
            SimDuration? at = section.Duration("at");
            if (text is not null && at is not null)
            {
                inputs.Add(new TypedInput(text.Text, SimTime.Zero + at.Value));
            }
            else if (section.Find("text") is null || section.Find("at") is null)
            {
                diagnostics.Add(item.Place.Error(item.Describe(), "both 'text' and 'at'"));
            }
        }

        // Input of one instant is typed in the order of the file: the sort is stable.
        return [.. inputs.OrderBy(input => input.At.Nanoseconds)];
    }
}
