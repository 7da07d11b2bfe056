using System.Collections.Immutable;

namespace Orrery.Lab.Files;

/// <summary>
/// Numbers the interfaces of the nodes: those that the file names keep their number, the others take the free ones in
/// the order of links and segments.
/// </summary>
internal sealed class InterfacePlan
{
    private readonly IReadOnlyList<NodeDraft> _nodes;
    private readonly List<LabDiagnostic> _diagnostics;
    private readonly SortedDictionary<int, PlannedInterface>[] _interfaces;

    private InterfacePlan(IReadOnlyList<NodeDraft> nodes, List<LabDiagnostic> diagnostics)
    {
        _nodes = nodes;
        _diagnostics = diagnostics;
        _interfaces = [.. nodes.Select(_ => new SortedDictionary<int, PlannedInterface>())];
    }

    /// <summary>The ports of each network, and for each node its interfaces from eth0 on.</summary>
    public static (ImmutableArray<PortReference>[] Ports, PlannedInterface[][] Interfaces) Make(
        IReadOnlyList<NodeDraft> nodes, IReadOnlyList<NetworkDraft> networks, List<LabDiagnostic> diagnostics)
    {
        var plan = new InterfacePlan(nodes, diagnostics);
        var ports = networks.Select(network => new PortReference[network.Ports.Count]).ToArray();
        foreach (bool named in new[] { true, false })
        {
            for (int network = 0; network < networks.Count; network++)
            {
                for (int i = 0; i < ports[network].Length; i++)
                {
                    if (networks[network].Ports[i] is var port && port.Interface.HasValue == named)
                    {
                        ports[network][i] = new PortReference(port.Node, plan.Take(port, network));
                    }
                }
            }
        }

        for (int node = 0; node < nodes.Count; node++)
        {
            plan.Check(node);
        }

        return ([.. ports.Select(p => p.ToImmutableArray())], [.. plan._interfaces.Select(i => i.Values.ToArray())]);
    }

    private int Take(PortDraft port, int network)
    {
        SortedDictionary<int, PlannedInterface> taken = _interfaces[port.Node];
        int index = port.Interface ?? 0;
        if (port.Interface is null)
        {
            while (taken.ContainsKey(index))
            {
                index++;
            }
        }

        string node = _nodes[port.Node].Definition.Name;
        if (index >= InterfaceReader.CountMax)
        {
            _diagnostics.Add(port.Place.Error($"more than {InterfaceReader.CountMax} interfaces of '{node}'", "fewer"));
        }
        else if (!taken.TryAdd(index, new PlannedInterface(index, network, _nodes[port.Node].Interfaces.GetValueOrDefault(index))))
        {
            _diagnostics.Add(port.Place.Error($"'{node}.eth{index}' a second time", "each interface on one link or segment"));
        }

        return index;
    }

    /// <summary>A kernel numbers its interfaces without gaps, and what the file says must be about one that exists.</summary>
    private void Check(int node)
    {
        string name = _nodes[node].Definition.Name;
        SortedDictionary<int, PlannedInterface> taken = _interfaces[node];
        if (taken.Count > 0 && taken.Keys.Last() is var last && last != taken.Count - 1)
        {
            _diagnostics.Add(_nodes[node].Place.Error($"'{name}.eth{last}' on a node with {taken.Count} interfaces", $"eth0 to eth{taken.Count - 1}"));
        }

        foreach ((int index, InterfaceDraft draft) in _nodes[node].Interfaces)
        {
            if (!taken.ContainsKey(index))
            {
                _diagnostics.Add(draft.Place.Error($"'{name}.eth{index}', which is on no link or segment", taken.Count == 0 ? "a link or segment with this node" : $"eth0 to eth{taken.Count - 1}"));
            }
        }

        // A slip in a link isolates nodes that were meant to be on it: that is said already.
        if (taken.Count == 0 && _nodes.Count > 1 && _diagnostics.TrueForAll(diagnostic => diagnostic.IsWarning))
        {
            _diagnostics.Add(_nodes[node].Place.Warning($"node '{name}' on no link or segment", "a way to reach the others"));
        }
    }
}

/// <summary>An interface with its place in the lab, before it has addresses.</summary>
/// <param name="Index">eth0 is 0.</param>
/// <param name="Network">Index of the network it is on.</param>
/// <param name="Draft">What the file says about it, if anything.</param>
internal sealed record PlannedInterface(int Index, int Network, InterfaceDraft? Draft);
