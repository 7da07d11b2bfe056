using System.Collections.Immutable;
using System.Globalization;

namespace Orrery.Lab.Files;

/// <summary>
/// Reads vlab's scenario files (usfstl, vlab/virtlab.py) as labs: the nodes, all Linux on the host's file system, share one
/// segment; the first runs the command, and the lab ends when it exits. Places stay those of the scenario.
/// </summary>
internal sealed class VlabTranslation
{
    /// <summary>usfstl's controller delays a frame so long unless told otherwise.</summary>
    private const string DefaultDelay = "0.1ms";

    private const string DefaultMemory = "128M";

    private static readonly string[] TopKeys = ["nodes", "wmediumd", "net", "controller", "host_binds"];
    private static readonly string[] NodeKeys = ["name", "addr", "mem", "host_binds", "hwsim", "kmemleak"];

    private readonly List<LabDiagnostic> _diagnostics;

    private VlabTranslation(List<LabDiagnostic> diagnostics) => _diagnostics = diagnostics;

    /// <summary>A scenario's nodes are a list, a lab's are a mapping.</summary>
    public static bool Applies(LabValue root) => root is LabMapping mapping && mapping.Find("nodes") is LabSequence;

    /// <summary>The lab that does what the scenario does.</summary>
    public static LabMapping Translate(LabMapping scenario, List<LabDiagnostic> diagnostics) => new VlabTranslation(diagnostics).Lab(scenario);

    private LabMapping Lab(LabMapping scenario)
    {
        WarnUnknown(scenario, TopKeys, "a vlab scenario");
        var top = new Section(scenario, "a vlab scenario", null, _diagnostics);
        var list = (LabSequence)scenario.Find("nodes")!;
        Place at = list.Place;
        var nodes = new LabMapping(at, Nodes(list));
        WarnMedium(top);
        WarnBinds(scenario.Find("host_binds"));
        Section? net = top.FindSection("net", "the network", null);
        Section? controller = top.FindSection("controller", "the controller", null);
        var lab = ImmutableArray.CreateBuilder<LabEntry>();
        lab.Add(Entry("nodes", nodes));
        lab.Add(Entry("segments", Mapping(at, Entry("net", Mapping(at,
            Entry("nodes", Scalar(at, "all")),
            Entry("delay", Milliseconds(net) ?? Scalar(at, DefaultDelay)),
            Entry("subnet", Scalar(at, "10.0.0.0/8")))))));
        if (nodes.Entries.Length > 0)
        {
            lab.Add(Entry("until", Scalar(at, $"{nodes.Entries[0].Name} exits")));
        }

        if (StartTime(controller) is { } start)
        {
            lab.Add(Entry("start", start));
        }

        if (controller?.Entries.Any(entry => entry.Name == "no-shm") == true)
        {
            lab.Add(Entry("calendar", Mapping(at, Entry("memory", Scalar(at, "off")))));
        }

        return new LabMapping(scenario.Place, lab.DrainToImmutable());
    }

    private ImmutableArray<LabEntry> Nodes(LabSequence list)
    {
        // Addresses are given out before names: a node without a name is called by its address.
        var taken = list.Items.Select(item => (item as LabMapping)?.Find("addr")).OfType<LabScalar>().Select(addr => addr.Text).ToHashSet();
        int next = 1;
        var nodes = ImmutableArray.CreateBuilder<LabEntry>();
        var names = new HashSet<string>();
        foreach (LabValue item in list.Items)
        {
            var node = new Section(item, "a vlab node", null, _diagnostics);
            WarnUnknown(item as LabMapping, NodeKeys, "a vlab node");
            string? address = node.Text("addr", "an IPv4 address");
            while (address is null && !taken.Add($"10.0.0.{next}"))
            {
                next++;
            }

            address ??= $"10.0.0.{next}";
            LabValue? given = node.Find("name");
            string name = (given as LabScalar)?.Text ?? $"vnode_{address}";
            if (!names.Add(name))
            {
                _diagnostics.Add((given ?? item).Place.Error($"the node name '{name}' a second time", "each name once"));
            }
            else
            {
                nodes.Add(new LabEntry(name, (given ?? item).Place, Node(node, item.Place, address, isFirst: nodes.Count == 0)));
            }
        }

        return nodes.DrainToImmutable();
    }

    private LabMapping Node(Section node, Place place, string address, bool isFirst)
    {
        if (node.Find("hwsim") is { } hwsim)
        {
            _diagnostics.Add(hwsim.Place.Error("'hwsim'", "Ethernet only: radio interfaces are not supported yet"));
        }

        if (node.Find("kmemleak") is { } leak and not LabScalar { Text: "false" or "off" or "no" })
        {
            _diagnostics.Add(leak.Place.Warning("'kmemleak'", "none: leak detection is not supported and stays off"));
        }

        WarnBinds(node.Find("host_binds"));
        Place addressPlace = node.Find("addr")?.Place ?? place;
        LabMapping translated = Mapping(place,
            Entry("root", Scalar(place, "host")),
            Entry("memory", Megabytes(node) ?? Scalar(place, DefaultMemory)),
            Entry("address", Scalar(addressPlace, $"{address}/8")));
        // Without a command the first node has nothing to do and succeeds.
        return isFirst ? translated with { Entries = translated.Entries.Add(Entry("run", Scalar(place, "true"))) } : translated;
    }

    private static LabScalar? Megabytes(Section node) =>
        node.Number("mem", "a number of megabytes") is { } megabytes ? Scalar(node.Find("mem")!.Place, $"{megabytes}M") : null;

    private static LabScalar? Milliseconds(Section? net)
    {
        const string expected = "a number of milliseconds";
        LabScalar? delay = net?.Scalar("delay", expected);
        if (delay is null)
        {
            return null;
        }

        if (decimal.TryParse(delay.Text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out _))
        {
            return Scalar(delay.Place, $"{delay.Text}ms");
        }

        net!.Report(delay, expected);
        return null;
    }

    /// <summary>Nanoseconds since 1970; 0 meant the host's clock, which no two runs share: the lab's own start stands for it.</summary>
    private LabScalar? StartTime(Section? controller)
    {
        if (controller?.Number("start-time", "nanoseconds since 1970") is not { } ns)
        {
            return null;
        }

        Place place = controller.Find("start-time")!.Place;
        if (ns > 0)
        {
            return Scalar(place, WallClock.Format(ns));
        }

        _diagnostics.Add(place.Warning("start-time 0, the host's clock", $"a fixed time; {WallClock.Format(LabDefinition.DefaultStartUnixNs)} is used"));
        return null;
    }

    private void WarnMedium(Section top)
    {
        if (top.Find("wmediumd") is { } medium)
        {
            _diagnostics.Add(medium.Place.Warning("'wmediumd'", "none: radio media are not supported yet, it is not started"));
        }
    }

    /// <summary>The host's file system is visible as it is; a directory seen under another name is not.</summary>
    private void WarnBinds(LabValue? binds)
    {
        foreach (LabEntry entry in (binds as LabMapping)?.Entries ?? [])
        {
            if (entry.Value is not LabScalar source || source.Text != entry.Name)
            {
                _diagnostics.Add(entry.Place.Warning($"'{entry.Name}' bound to {entry.Value.Describe()}", "a directory under its own name: others are not bound"));
            }
        }
    }

    private void WarnUnknown(LabMapping? mapping, string[] keys, string what)
    {
        foreach (LabEntry entry in mapping?.Entries ?? [])
        {
            if (!keys.Contains(entry.Name))
            {
                _diagnostics.Add(entry.Place.Warning($"key '{entry.Name}', which is ignored", Suggestion.OneOf($"the keys of {what}", keys, entry.Name)));
            }
        }
    }

    private static LabEntry Entry(string name, LabValue value) => new(name, value.Place, value);

    private static LabMapping Mapping(Place place, params ImmutableArray<LabEntry> entries) => new(place, entries);

    private static LabScalar Scalar(Place place, string text) => new(place, text, IsPlain: true);
}
