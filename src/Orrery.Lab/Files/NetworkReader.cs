using System.Net;
using System.Text.RegularExpressions;
using Orrery.Simulation;

namespace Orrery.Lab.Files;

/// <summary>Reads the links and segments of a lab file.</summary>
internal sealed partial class NetworkReader
{
    private const string PortExpected = "a node, or an interface of one such as router.eth1";

    /// <summary>The delay of a wire whose file does not say: 100 us, as usfstl's controller has it.</summary>
    private static readonly SimDuration DefaultDelay = SimDuration.FromMicroseconds(100);

    private readonly IReadOnlyList<NodeDraft> _nodes;
    private readonly Dictionary<string, int> _nodesByName;
    private readonly List<LabDiagnostic> _diagnostics;
    private readonly List<NetworkDraft> _drafts = [];
    private readonly HashSet<string> _names = [];

    public NetworkReader(IReadOnlyList<NodeDraft> nodes, List<LabDiagnostic> diagnostics)
    {
        _nodes = nodes;
        _nodesByName = nodes.ToDictionary(node => node.Definition.Name, node => node.Definition.Index);
        _diagnostics = diagnostics;
    }

    [GeneratedRegex(@"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}$")]
    private static partial Regex NamePattern { get; }

    public List<NetworkDraft> Read(Section lab)
    {
        ReadLinks(lab);
        ReadSegments(lab);
        return _drafts;
    }

    private void ReadLinks(Section lab)
    {
        LabValue? links = lab.Find("links");
        if (links is null)
        {
            return;
        }

        if (links is not LabSequence list)
        {
            lab.Report(links, "a list of links");
            return;
        }

        // Names that the file gives come first: a name made up for another link must not take one.
        Section[] sections = [.. list.Items.Select(item => new Section(item, "a link", LabKeys.Link, _diagnostics))];
        string?[] given = [.. sections.Select(ReadGivenName)];
        for (int i = 0; i < sections.Length; i++)
        {
            List<PortDraft> ports = ReadEnds(sections[i]);
            Add(new LinkDefinition { Name = given[i] ?? MakeName(ports), Index = _drafts.Count, Delay = ReadDelay(sections[i]), Ports = [] }, sections[i], ports);
        }
    }

    private void ReadSegments(Section lab)
    {
        foreach (LabEntry entry in lab.FindSection("segments", "segments by name", null)?.Entries ?? [])
        {
            var section = new Section(entry.Value, "a segment", LabKeys.Segment, _diagnostics);
            if (!NamePattern.IsMatch(entry.Name) || !_names.Add(entry.Name))
            {
                _diagnostics.Add(entry.Place.Error($"the segment name '{entry.Name}'", "letters, digits, '-', '_' and '.', not the name of a link"));
            }

            List<PortDraft> ports = ReadPorts(section);
            if (section.Find("nodes") is null or LabSequence { Items.IsEmpty: true })
            {
                _diagnostics.Add(entry.Place.Error("a segment without 'nodes'", "a list of nodes, or all"));
            }
            else if (ports.Count == 1)
            {
                _diagnostics.Add(entry.Place.Warning($"segment '{entry.Name}' with one node", "at least two"));
            }

            Add(new SegmentDefinition { Name = entry.Name, Index = _drafts.Count, Delay = ReadDelay(section), Ports = [] }, section, ports);
        }
    }

    private void Add(NetworkDefinition definition, Section section, List<PortDraft> ports) =>
        _drafts.Add(new NetworkDraft(definition, section.Place, ports, ReadSubnet(section)));

    private static SimDuration ReadDelay(Section section) => section.Duration("delay") ?? DefaultDelay;

    private string? ReadGivenName(Section link)
    {
        const string expected = "letters, digits, '-', '_' and '.', not the name of another link";
        LabScalar? name = link.Scalar("name", expected);
        if (name is null)
        {
            return null;
        }

        if (NamePattern.IsMatch(name.Text) && _names.Add(name.Text))
        {
            return name.Text;
        }

        link.Report(name, expected);
        return null;
    }

    /// <summary>The names of both ends; a number follows where two links have the same ends.</summary>
    private string MakeName(List<PortDraft> ports)
    {
        string ends = string.Join('-', ports.Select(port => _nodes[port.Node].Definition.Name));
        string name = ends;
        for (int number = 2; !_names.Add(name); number++)
        {
            name = $"{ends}-{number}";
        }

        return name;
    }

    private List<PortDraft> ReadEnds(Section link)
    {
        LabValue? between = link.Find("between");
        if (between is not LabSequence { Items.Length: 2 })
        {
            Place place = between?.Place ?? link.Place;
            _diagnostics.Add(place.Error(between is null ? "a link without 'between'" : between is LabSequence list ? $"{list.Items.Length} ends" : between.Describe(), "the two nodes it joins, such as [client, server]"));
            return [];
        }

        List<PortDraft> ports = [.. link.Texts(between, PortExpected).Select(ReadPort).OfType<PortDraft>()];
        if (ports.Count == 2 && ports[0].Node == ports[1].Node)
        {
            _diagnostics.Add(ports[1].Place.Error($"both ends at '{_nodes[ports[0].Node].Definition.Name}'", "two different nodes"));
            return [];
        }

        return ports;
    }

    private List<PortDraft> ReadPorts(Section segment)
    {
        if (segment.Find("nodes") is LabScalar { Text: "all" } all && !_nodesByName.ContainsKey("all"))
        {
            return [.. _nodes.Select(node => new PortDraft(node.Definition.Index, null, all.Place))];
        }

        List<PortDraft> ports = [.. segment.Texts("nodes", PortExpected).Select(ReadPort).OfType<PortDraft>()];
        var seen = new HashSet<(int, int?)>();
        foreach (PortDraft port in ports)
        {
            if (!seen.Add((port.Node, port.Interface)))
            {
                _diagnostics.Add(port.Place.Error($"'{_nodes[port.Node].Definition.Name}' a second time", "each node once, or interfaces of it by name"));
            }
        }

        return ports;
    }

    private PortDraft? ReadPort(LabScalar text)
    {
        if (_nodesByName.TryGetValue(text.Text, out int node))
        {
            return new PortDraft(node, null, text.Place);
        }

        int dot = text.Text.LastIndexOf('.');
        string name = dot < 0 ? text.Text : text.Text[..dot];
        if (!_nodesByName.TryGetValue(name, out node))
        {
            _diagnostics.Add(text.Place.Error($"the node '{text.Text}'", Suggestion.OneOf("the nodes", _nodesByName.Keys, text.Text)));
        }
        else if (!InterfaceReader.TryParseName(text.Text[(dot + 1)..], out int index))
        {
            _diagnostics.Add(text.Place.Error($"the interface '{text.Text[(dot + 1)..]}' of '{name}'", $"eth0 to eth{InterfaceReader.CountMax - 1}"));
        }
        else
        {
            return new PortDraft(node, index, text.Place);
        }

        return null;
    }

    private static PlacedSubnet? ReadSubnet(Section section)
    {
        const string expected = "an IPv4 network such as 192.168.7.0/24";
        LabScalar? text = section.Scalar("subnet", expected);
        if (text is null)
        {
            return null;
        }

        if (IPNetwork.TryParse(text.Text, out IPNetwork subnet) && subnet.BaseAddress.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork
            && subnet.PrefixLength is >= 1 and <= 30)
        {
            return new PlacedSubnet(subnet, text.Place);
        }

        section.Report(text, expected);
        return null;
    }
}
